"""Generated cases whose workloads have SPIFFE identities, some of them verifiable, some behind the gate."""

import copy
from typing import NamedTuple

from hypothesis import strategies as st

from tests.laws.topologies import Agent, Case, cases

TLS = {"name": "agent-tls", "containerPort": 8443}


class Pods(NamedTuple):
    """An agent's pods in one of the two states that only the operator knows."""

    agent: Agent
    labels: dict[str, str]

    @property
    def namespace(self) -> str:
        return self.agent.namespace

    @property
    def key(self) -> str:
        return self.agent.key


@st.composite
def identified(draw: st.DrawFn, links: int = 0, gate: bool | None = None) -> Case:
    """Cases with the layer on, each workload with or without a port agent-tls; the Service's own is kgen's to add."""
    case = draw(cases(links))
    platform, inputs = copy.deepcopy((case.platform, case.inputs))
    section = {"className": "spire", "trustDomain": "example.org", "flavor": draw(st.sampled_from(FLAVORS))}
    section["gate"] = draw(st.booleans()) if gate is None else gate
    platform["spec"] |= {"layers": {"workload-identity": "Enabled"}, "workloadIdentity": section}
    for document in inputs:
        if document["kind"] == "Deployment" and document["metadata"]["name"].startswith("agent-"):
            pod = document["spec"]["template"]["spec"]
            pod["serviceAccountName"] = document["metadata"]["name"]
            if draw(st.booleans()):
                pod["containers"][0]["ports"].append(TLS)
        if document["kind"] == "Service":
            document["spec"]["ports"][0]["name"] = "http"
    return case._replace(platform=platform, inputs=inputs)


FLAVORS = ("kagenti", "rossoctl")
