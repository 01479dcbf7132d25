"""The draft: what the links ask for, resolved but not yet judged. Rules read it, nothing changes it."""

from kgen.manifests import Document
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.topology.calls import Call
from kgen.topology.ends import End
from kgen.topology.index import Index, Key
from kgen.topology.models import Models
from kgen.topology.namespaces import Standing
from kgen.topology.requests import Requests
from kgen.topology.tools import Found
from kgen.topology.types import Access, Definition, Endpoint, Flow, Mesh
from kgen.topology.waves import Edges

if TYPE_CHECKING:
    from kgen.topology.detours import Serving
    from kgen.topology.grants import Grant
    from kgen.topology.workload_identity import Found as FoundIdentity


class Draft(NamedTuple):
    platform: Document
    inputs: Index
    requests: Requests
    ends: dict[Key, End]
    endpoints: dict[Key, Endpoint]
    definitions: dict[Key, Definition]  # of the agents that kgen makes
    byo: set[Key]  # kagent Agents that run an image of the user's own
    standing: dict[str, Standing]
    calls: dict[tuple[Key, Key], Call]
    edges: Edges
    tools: dict[Key, list[Found]]
    models: Models
    egress: dict[Key, tuple[Flow, ...]]
    accesses: tuple[Access, ...]
    grants: "list[Grant]"
    mesh: Mesh
    behind: frozenset[str]  # namespaces whose Services kgen puts behind a waypoint
    suspended: dict[Key, str]  # agents under the kill switch, with the reason
    cut: dict[Key, set[Key]]  # callee -> callers that a suspended link, or the kill switch, keeps from it
    gateways: "dict[Key, Serving]"  # the egress gateways, by (namespace, name)
    identities: "dict[Key, FoundIdentity]"  # of agents that are no kagent Agents; {} where the layer is off

    def is_agent(self, key: Key) -> bool:
        return self.endpoints[key].kind == "Agent"
