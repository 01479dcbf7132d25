"""Selectors: a policy that selects no pod of a namespace whose pods are known protects nothing, and says nothing.

Pods are known from workloads and Agents of the input, and from external agents that links name. In a
namespace without any, nothing can be said.
"""

from kgen.checks import Context, Subject, problem
from kgen.checks.pods import listed, pods
from kgen.manifests import Path, get, group_of, path_text
from kgen.records import Any
from kgen.results import WARNING, Result

# By group and kind: the kagenti operator has an AuthorizationPolicy too, which selects nothing.
_SELECTORS: dict[tuple[str, str], Path] = {
    ("networking.k8s.io", "NetworkPolicy"): ("spec", "podSelector"),
    ("cilium.io", "CiliumNetworkPolicy"): ("spec", "endpointSelector"),
    ("security.istio.io", "AuthorizationPolicy"): ("spec", "selector"),
    ("security.istio.io", "PeerAuthentication"): ("spec", "selector"),
    ("security.istio.io", "RequestAuthentication"): ("spec", "selector"),
}
_CILIUM = "any:", "k8s:"  # prefixes of label sources in Cilium's selectors


def matches(selector: Any, labels: dict[str, Any]) -> bool:
    """Whether a metav1.LabelSelector selects pods with these labels. Unknown operators select nothing."""
    wanted = get(selector, "matchLabels", default={})
    if not isinstance(wanted, dict) or any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(expression, labels) for expression in listed(selector, "matchExpressions"))


def _holds(expression: dict[str, Any], labels: dict[Any, Any]) -> bool:
    key, values = expression.get("key"), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


class Lint:
    """Keeps the labels of pods and the selectors of policies."""

    def __init__(self, context: Context) -> None:
        self._pods: dict[str, list[dict[str, Any]]] = {}
        for external in context.externals:
            self._pods.setdefault(external.namespace, []).append(get(external.pod_selector, "matchLabels", default={}))
        self._policies: list[tuple[Subject, Path, Any]] = []

    def see(self, subject: Subject) -> None:
        kind, namespace = subject.identity.kind, subject.identity.namespace
        for pod in pods(subject.manifest):
            self._pods.setdefault(namespace, []).append(pod.labels)
        path = _SELECTORS.get((group_of(subject.identity.api_version), kind))
        if path is not None and (selector := get(subject.manifest, *path)):
            self._policies.append((subject._replace(manifest={}), path, selector))

    def results(self) -> list[Result]:
        found = []
        for subject, path, selector in self._policies:
            known = self._pods.get(subject.identity.namespace)
            if subject.identity.kind == "AuthorizationPolicy" or path[-1] == "selector":
                selector = {"matchLabels": get(selector, "matchLabels", default={})}
            elif subject.identity.kind == "CiliumNetworkPolicy":
                selector = {"matchLabels": _plain(get(selector, "matchLabels", default={}))}
            if known and not any(matches(selector, labels) for labels in known):
                found.append(
                    problem(
                        subject,
                        "selects-nothing",
                        f"selects no pod: none of the {len(known)} known in namespace {subject.identity.namespace} has "
                        f"these labels; correct the selector or the pods' labels",
                        WARNING,
                        path_text(path),
                    )
                )
        return found


def _plain(labels: dict[str, Any]) -> dict[str, Any]:
    """Labels without Cilium's source prefixes; namespace labels do not belong to the pod."""
    plain = {}
    for key, value in labels.items():
        for prefix in _CILIUM:
            key = key.removeprefix(prefix)
        if not key.startswith("io.kubernetes.pod.namespace"):
            plain[key] = value
    return plain
