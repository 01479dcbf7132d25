"""Generated cases with egress gateways, in each scope."""

import copy

from hypothesis import strategies as st

from tests.laws.meshed import meshed
from tests.laws.topologies import SPACES, Case, cases

SCOPES = ("Agent", "Namespace", "Shared")


@st.composite
def gatewayed(draw: st.DrawFn, links: int = 0, in_mesh: bool = False) -> Case:
    """Cases whose agents go out by gateways. No namespace is External: those would be refused."""
    case = draw(meshed(links) if in_mesh else cases(links))
    platform = copy.deepcopy(case.platform)
    spec = platform["spec"]
    spaces = {space: dict(spec.get("namespaces", {}).get(space) or {"management": "Shared"}) for space in SPACES}
    for space in spaces.values():
        if space.get("management") == "External":
            space["management"] = "Shared"
    defined = [agent.key for agent in case.agents if agent.how == "defined"]  # a link names it, whichever is taken out
    spec |= {
        "layers": {**spec.get("layers", {}), "certificates": "Enabled", "egress-gateway": "Enabled"},
        "namespaces": {**spec.get("namespaces", {}), **spaces},
        "suspended": dict.fromkeys(draw(st.sampled_from([[], defined[:1]])), "INC-1"),
        "egressGateway": {"image": "registry.example/authbridge:0.7", "scope": draw(st.sampled_from(SCOPES))},
    }
    return case._replace(platform=platform)
