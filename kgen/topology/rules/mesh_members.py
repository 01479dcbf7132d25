"""Agents outside Owned namespaces are in the mesh only if the namespace's owner brings them in; that is said."""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import WARNING, Result
from kgen.runtimes.shapes import labels
from kgen.topology import mesh
from kgen.topology.draft import Draft
from kgen.topology.index import about


def check(draft: Draft) -> Iterator[Result]:
    if not draft.mesh.active or not draft.mesh.mode:
        return
    told = set()
    for key, end in draft.ends.items():
        standing = draft.standing[key[0]]
        if standing.management == "Owned" or not standing.enforced or key[0] in told:
            continue
        told.add(key[0])
        wanted = mesh.labels(draft.mesh, enforced=True, waypoint=True)
        have = labels(get(draft.inputs.manifest("Namespace", "", key[0]), "metadata", "labels"))
        missing = ", ".join(f"{name}={value}" for name, value in wanted.items() if have.get(name) != value)
        if missing:
            gateway = f", and has its waypoint {draft.mesh.waypoint}" if draft.mesh.waypoint else ""
            message = (
                f"namespace {key[0]} is {standing.management}: its agents are in the mesh once its owner labels it "
                f"{missing}{gateway}; until then nothing reaches them, and they reach nobody in the mesh"
            )
            yield about(end.mentions[0].document, "not-in-mesh", end.mentions[0].field, message, WARNING)
