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


def account(agent: Agent, case: Case) -> str:
    """The ServiceAccount of an agent, as this project's rules have it: under Observe a running one keeps kagent's."""
    if not agent.is_kagent:
        return f"{agent.name}-account"
    listed = case.platform["spec"]["namespaces"].get(agent.namespace) or {}
    kept = agent.how in ("wired", "wired image") and listed.get("enforcement") == "Observe"
    return agent.name if agent.how == "external" or kept else f"{agent.name}-sa"


def principal(agent: Agent, case: Case) -> str:
    return f"cluster.local/ns/{agent.namespace}/sa/{account(agent, case)}"
