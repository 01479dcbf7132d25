"""The proof: manifests read back by the semantics of the systems that enforce them, held against what is asked.

Works on any manifests. What it proves, under which assumptions, and what not: docs/proof.md.
"""

from collections.abc import Iterable, Sequence

from kgen.manifests import Document, identity_of
from kgen.proof import admission, asked as questions, dangling, deficits, excesses, kagent, rbac, unread
from kgen.proof.asked import LINK, Asked
from kgen.proof.findings import Finding
from kgen.proof.flows import flow_verdicts
from kgen.proof.pods import pods
from kgen.proof.reachability import Reach
from kgen.proof.verdicts import Proof, verdict_of
from kgen.proof.world import Source, build
from kgen.results import Result
from kgen.topology.types import Topology

__all__ = ["LINK", "Proof", "Source", "prove"]


def prove(sources: Iterable[Source], topology: Topology | None, refused: Sequence[Result] = ()) -> Proof:
    """The proof of these manifests against the links and flows of a topology; None asks for nothing.

    `refused`: why the manifests' own references do not make a topology, so that nothing could be asked.
    """
    given: Sequence[Source] = list(sources)
    documents = [source.document for source in given]
    asked = questions.of_topology(topology) if topology is not None else Asked((), (), (), ())
    judged = topology is not None
    world = build(given, asked)
    certain, possible = Reach(world, True), Reach(world, False)
    blocked = deficits.blocked(world, certain)
    found: list[Finding] = list(deficits.findings(world, certain, blocked + deficits.held_back(world, certain.network)))
    wanted = excesses.Wanted(world) if judged else None
    if wanted is not None:
        found += excesses.findings(world, possible, wanted)
    mesh = None
    if world.mesh is not None:
        from kgen.proof.istio.judgement import Judgement  # only where one of Istio's objects is there

        mesh = Judgement(world, certain, possible, wanted)
        found += mesh.findings(blocked)
    shown = list(pods(documents))
    identities = [identity_of(document.manifest) for document in documents]
    found += kagent.findings(documents, asked, judged)
    found += kagent.missing(asked, {identity.key for identity in identities})
    found += dangling.findings(world)
    accounts = {(i.namespace, i.name) for i in identities if i.kind == "ServiceAccount"}
    owned = {space.name for space in topology.namespaces if space.management == "Owned"} if topology else set()
    found += dangling.accounts(shown, accounts, {namespace for namespace, _ in accounts} | owned)
    powers = rbac.powers(documents)
    found += rbac.findings(documents, shown, powers)
    found += unread.findings(world, documents)
    found += unread.unasked(refused)
    freed = mesh.freed() if mesh else ()
    gates = admission.read(documents, topology)
    found += gates.findings
    found += kagent.residual(asked, freed, gates.locks.get("controller-writes", ""))
    return Proof(
        verdict_of(found),
        tuple(flow_verdicts(world, certain, kagent.read(documents), gates, mesh)),
        tuple(dict.fromkeys(found)),
        tuple(powers),
        judged,
        world,
        certain,
        possible,
        freed,
        gates,
    )


def documents_of(manifests: Iterable[Document]) -> list[Source]:
    """Documents with the layer read off the labels that kgen stamps."""
    from kgen.checks import subject_of

    return [Source(document, subject_of(document).layer) for document in manifests]
