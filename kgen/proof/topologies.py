"""The topology that manifests are held against: of links that are given, or of the Agents' own tool references."""

from collections.abc import Callable, Sequence

from kgen import kinds
from kgen.manifests import Document
from kgen.proof.asked import links_of, references
from kgen.results import Refused, Result
from kgen.topology.types import Topology


def topology_of(
    documents: Sequence[Document],
    links: Sequence[Document] | None,
    platform: Document,
    as_of: Callable[[], str],
    refused: "list[Result] | None" = None,
) -> Topology | None:
    """None where nothing asks for anything. `links` are checked AgentLinks and AgentGrants; None takes references.

    Raises Refused where given links do not make a topology with these manifests; references that do not make one are
    no question: why goes to `refused`.
    """
    from kgen import topology
    from kgen.bundle.ownership import release

    given = links
    if given is None:
        given = _checked(links_of(references(documents)))
        if not given:
            return None
    foreign = [document for document in documents if not kinds.is_ours(document.manifest)]
    try:
        return topology.build(release([*given, *foreign]), platform, as_of=as_of)
    except Refused as problem:
        if links is None:
            if refused is not None:
                refused += problem.results
            return None
        raise


def _checked(documents: Sequence[Document]) -> list[Document]:
    """The links with their defaults; what is no name of an agent is none."""
    found = []
    for document in documents:
        manifest, _ = kinds.check(document, frozenset())
        if manifest is not None:
            found.append(Document(manifest, document.origin))
    return found
