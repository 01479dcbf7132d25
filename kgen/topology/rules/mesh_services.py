"""Ambient mode: a second Service in front of an agent's pods is a way around what is attached to the agent's own.

Policies of a waypoint are for the Services that they name, and the agent's pods take whatever comes from the waypoint
(ruling 3). In Owned namespaces a policy for the whole waypoint closes every other Service; elsewhere the waypoint is
somebody else's, so it is said.
"""

from collections.abc import Iterator

from kgen.manifests import get, identity_of
from kgen.results import WARNING, Result
from kgen.runtimes.services import selects
from kgen.runtimes.shapes import labels
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.mesh import USE_WAYPOINT
from kgen.topology.rules.pods_of_agents import known_labels


def check(draft: Draft) -> Iterator[Result]:
    if not draft.mesh.waypoint:
        return
    for key in draft.ends:
        standing, own = draft.standing[key[0]], draft.endpoints[key].service
        if standing.management == "Owned" or not standing.enforced:
            continue
        of_pod = known_labels(key, draft)
        for document in draft.inputs.all("Service", key[0]):
            name = identity_of(document.manifest).name
            uses = labels(get(document.manifest, "metadata", "labels")).get(USE_WAYPOINT)
            if name == own or uses == "none" or not selects(document.manifest, of_pod):
                continue
            message = (
                f"selects the pods of {'/'.join(key)}, whose Service is {own}: through waypoint {draft.mesh.waypoint} "
                f"it leads to them past the policies of that one, for whoever is in the mesh. Take it out, label it "
                f"{USE_WAYPOINT}: none (the pods then refuse it), or attach an AuthorizationPolicy to it"
            )
            yield about(document, "second-service", "spec.selector", message, WARNING)
