"""The table of layers."""

import json

from kgen.present.layers import Row, as_json, text

ROWS = [
    Row("network", "Holes.", "Baseline", -4, ("networking.k8s.io/v1 NetworkPolicy",), ("SC-7",), ("a.yaml",), False),
    Row("mine", "Own.", "Optional", 0, ("v1 Pod", "kagent.dev/v1alpha2 Agent"), (), (), True),
]


def test_text() -> None:
    assert text(ROWS) == (
        "LAYER    FROM PROFILE  WAVE  TEMPLATES  NEEDS IN THE CLUSTER\n"
        "network  Baseline      -4    1          nothing but Kubernetes\n"
        "mine     Optional      0     0          kagent.dev\n"
        "\nnetwork\n  Holes.\n  needs: networking.k8s.io/v1 NetworkPolicy\n  serves: SC-7\n"
        "\nmine (your own)\n  Own.\n  needs: v1 Pod, kagent.dev/v1alpha2 Agent\n"
    )


def test_json() -> None:
    assert [row["name"] for row in json.loads(as_json(ROWS))] == ["network", "mine"]
