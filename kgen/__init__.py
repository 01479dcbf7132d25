"""kgen expands "agent A may call agent B" into the layered Kubernetes manifests that make it so.

`render` and `prove` are the public functions; every other module is private. Importing this package imports no stage.
"""

from collections.abc import Callable, Iterable, Sequence

from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from kgen.bundle import Bundle, Slice
    from kgen.load.layers import LayerSource
    from kgen.manifests import Document
    from kgen.patch.json_patches import Patch
    from kgen.proof import Proof
    from kgen.results import Result

__all__ = ["prove", "render"]


def render(
    documents: "Sequence[Document]",
    platform: "Document",
    *,
    layers: "Sequence[LayerSource]",
    patches: "Sequence[Patch]" = (),
    slice: "Slice | None" = None,
    as_of: "str | Callable[[], str]",
) -> "Bundle":
    """The bundle of these documents: identities in their final order, each with the function that builds it.

    `documents` are the input, kgen's own kinds checked and completed (load/); `platform` is resolved. `layers` are
    all that exist; the Platform chooses. `slice` is the part that is wanted, None for all.
    `as_of` is the day as YYYY-MM-DD or a function that gives it, called only if something ends on a day.
    Raises Refused with every problem found; nothing is read, written or asked of the environment here.
    """
    from kgen import bundle, expand, topology
    from kgen.bundle.ownership import release
    from kgen.checks.kustomize_traces import refuse
    from kgen.expand.choice import chosen

    refuse(documents)
    selected = chosen(layers, platform.manifest["spec"])
    expand.use_emitter(_yaml)
    resolved = topology.build(release(documents), platform, as_of=as_of if callable(as_of) else lambda: as_of)
    return bundle.assemble(resolved, expand.instantiate(selected, resolved), patches, slice or bundle.Slice())


def prove(
    manifests: "Iterable[Document]",
    links: "Sequence[Document] | None" = None,
    *,
    platform: "Document",
    as_of: "str | Callable[[], str]",
) -> "Proof":
    """What these manifests make possible, held against the links and the named infrastructure flows.

    `manifests` are any, kgen's output or not; `links` are AgentLinks and AgentGrants, checked and completed (load/);
    None takes the tool references of the manifests' own Agents for links. `platform` is resolved; it says where kagent,
    DNS and models are. Raises Refused where the links do not fit the manifests.
    """
    from kgen import proof
    from kgen.proof.topologies import topology_of

    documents = list(manifests)
    refused: list[Result] = []
    wanted = topology_of(documents, links, platform, as_of if callable(as_of) else lambda: as_of, refused)
    return proof.prove(proof.documents_of(documents), wanted, refused)


def _yaml(value: object) -> str:
    """A subtree as YAML text, for `$yaml` in templates; the emitter is imported when one is met."""
    from kgen.bundle.emit_yaml import emit

    if isinstance(value, dict):
        return emit(value)
    # the emitter writes documents, which are mappings
    return emit({"_": value}).removeprefix("_:").lstrip(" \n")
