"""The table of layers."""

import json

from kgen.present.layers import Need, Row, as_json, text

POLICY, AGENT = Need("networking.k8s.io/v1 NetworkPolicy"), Need("kagent.dev/v1alpha2 Agent")
CILIUM = Need("cilium.io/v2 CiliumNetworkPolicy", "the CNI is Cilium")
DATA = Need("data.example/v1 rules-${platform.name}", "the CNI is Cilium")
NIST = ("NIST: AC-4 Flow; SC-7 Boundary", "CIS: 5.3.2", "NIST: SC-7 Boundary; CM-7 Least", "SC-8")
ROWS = [
    Row("network", "Holes.", "Baseline", -4, (POLICY, CILIUM, DATA), NIST, ("a.yaml",), False),
    Row("mine", "Own.", "Optional", 0, (Need("v1 Pod"), AGENT), (), (), True),
]


def test_text() -> None:
    assert text(ROWS) == (
        "LAYER    FROM PROFILE  WAVE  TEMPLATES  NEEDS IN THE CLUSTER [IN SOME CASES]\n"
        "network  Baseline      -4    1          [cilium.io], [data.example]\n"
        "mine     Optional      0     0          kagent.dev\n"
        "\nnetwork\n  Holes.\n"
        "  needs: networking.k8s.io/v1 NetworkPolicy\n"
        "  needs when the CNI is Cilium: cilium.io/v2 CiliumNetworkPolicy, data.example/v1 rules-PLATFORM\n"
        "  serves NIST: AC-4 Flow; SC-7 Boundary; CM-7 Least\n"
        "  serves CIS: 5.3.2\n"
        "  serves: SC-8\n"
        "\nmine (your own)\n  Own.\n  needs: v1 Pod, kagent.dev/v1alpha2 Agent\n"
    )


def test_json() -> None:
    rows = json.loads(as_json(ROWS))
    assert [row["name"] for row in rows] == ["network", "mine"]
    assert rows[0]["requires"][1] == {"served": "cilium.io/v2 CiliumNetworkPolicy", "when": "the CNI is Cilium"}
