"""The operator that verifies agents, under its two names: kagenti, and rossoctl since July 2026.

kagenti-operator 2e9f614 and rossoctl/operator a0a2cd9: internal/controller/agentcard_controller.go,
agentcardsync_controller.go, agentruntime_controller.go; charts/*/templates/webhook and vap.
"""

from kgen.records import Any, NamedTuple
from kgen.runtimes.services import CARD_TLS

TLS_PORT = CARD_TLS
"""Where a Service has no port of this name, the operator fetches by HTTP."""
USUAL_TLS_PORT = 8443
OPERATOR_PODS = {"matchLabels": {"control-plane": "controller-manager"}}
"""The operator's own pods, in its namespace."""


class Flavor(NamedTuple):
    """What is called after the project."""

    api_version: str
    domain: str  # of the labels that people write
    namespace: str  # of the operator
    verified: str  # label that the operator puts on workloads and their pods: "true" or "false"


FLAVORS = {
    "kagenti": Flavor(
        "agent.kagenti.dev/v1alpha1", "kagenti.io", "kagenti-system", "agent.kagenti.dev/signature-verified"
    ),
    "rossoctl": Flavor(
        "agent.rossoctl.dev/v1alpha1", "rossoctl.io", "rossoctl-system", "agent.rossoctl.dev/signature-verified"
    ),
}
VERIFIED = frozenset(flavor.verified for flavor in FLAVORS.values())
"""Labels that no manifest shows: they come and go with what the operator sees."""


def flavor(section: dict[str, Any]) -> Flavor:
    """The flavor of a resolved spec.workloadIdentity."""
    return FLAVORS[section["flavor"]]


def operator_namespace(section: dict[str, Any]) -> str:
    """Where the operator of a resolved spec.workloadIdentity runs."""
    return section.get("operatorNamespace") or flavor(section).namespace


def operator_user(section: dict[str, Any]) -> str:
    """Who the operator is to the API server."""
    return f"system:serviceaccount:{operator_namespace(section)}:{section['operatorServiceAccountName']}"
