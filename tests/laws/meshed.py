"""Generated cases as they are in a mesh: every agent has an identity of its own, and the Platform says which mesh."""

import copy

from hypothesis import strategies as st

from tests.laws.topologies import Agent, Case, cases

MODES = ("Sidecar", "Ambient")


@st.composite
def meshed(draw: st.DrawFn, links: int = 0, mode: str = "") -> Case:
    """Cases of profile Mesh."""
    case = draw(cases(links))
    platform = copy.deepcopy(case.platform)
    chosen = mode or draw(st.sampled_from(MODES))
    platform["spec"] |= {"profile": "Mesh", "mesh": {"mode": chosen, "istioCNI": True, "kagentInMesh": True}}
    definitions, inputs = copy.deepcopy((case.definitions, case.inputs))
    for document in definitions:
        end = document["spec"]["from"]
        if end.get("podSelector"):
            end["serviceAccountName"] = f"{end['name']}-account"
    for document in inputs:
        if document["kind"] == "Deployment":
            name = document["metadata"]["name"]
            document["spec"]["template"]["spec"]["serviceAccountName"] = f"{name}-account"
    return case._replace(platform=platform, definitions=definitions, inputs=inputs)


def account(agent: Agent) -> str:
    """The ServiceAccount of an agent, as this project's rules have it."""
    if not agent.is_kagent:
        return f"{agent.name}-account"
    return agent.name if agent.how == "external" else f"{agent.name}-sa"


def principal(agent: Agent) -> str:
    return f"cluster.local/ns/{agent.namespace}/sa/{account(agent)}"
