"""Generated cases of profile ZeroTrust: every layer at once, in both modes, with both engines and in each scope."""

import copy

from hypothesis import strategies as st

from tests.laws.gatewayed import gatewayed
from tests.laws.identified import TLS
from tests.laws.topologies import Case

ENGINES = ("ValidatingAdmissionPolicy", "Gatekeeper")
WRITERS = [
    "deployer",
    "system:serviceaccount:istio-system:istiod",
    "system:serviceaccount:kagenti-system:controller-manager",
]


@st.composite
def whole(draw: st.DrawFn, links: int = 0) -> Case:
    """Under Enforce and Observe; each workload with or without a port agent-tls, the gate on or off."""
    case = draw(gatewayed(links, in_mesh=True))
    platform, inputs = copy.deepcopy((case.platform, case.inputs))
    spec = platform["spec"]
    # Behind a waypoint of somebody else's it is refused; and a caller under Observe, without a policy for its egress,
    # reaches an unverified callee until the step to Enforce.
    observed = any(each.get("enforcement") == "Observe" for each in spec["namespaces"].values())
    gated = draw(st.booleans()) and spec["mesh"]["mode"] == "Sidecar" and not observed
    spec |= {
        "profile": "ZeroTrust",
        "consent": "NotRequired",
        "layers": {},
        "network": {**spec["network"], "cni": "Cilium"},
        "admission": {"engine": draw(st.sampled_from(ENGINES)), "trustedWriters": WRITERS},
        "workloadIdentity": {"className": "spire", "trustDomain": "example.org", "gate": gated},
    }
    for document in inputs:
        if (
            document["kind"] == "Deployment"
            and document["metadata"]["name"].startswith("agent-")
            and draw(st.booleans())
        ):
            document["spec"]["template"]["spec"]["containers"][0]["ports"].append(TLS)
        if document["kind"] == "Service":
            document["spec"]["ports"][0]["name"] = "http"
    return case._replace(platform=platform, inputs=inputs)
