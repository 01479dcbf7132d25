"""The order of a bundle: what others need comes first, and the same objects always stand in the same place."""

from kgen.manifests import Identity, Manifest, get, group_of

SortKey = tuple[int, int, str, str, str, str]

# Argo CD's order inside one wave (gitops-engine v0.7, pkg/sync/sync_tasks.go), with two changes: CRDs before
# what may be of their kinds, and the parts of admission before what they judge, webhooks last.
_KINDS = (
    "Namespace",
    "CustomResourceDefinition",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodDisruptionBudget",
    "PriorityClass",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
)
_OTHERS = len(_KINDS)  # custom resources: after everything that Kubernetes has itself
_RANKS = {kind: rank for rank, kind in enumerate(_KINDS)}
_RANKS |= {"MutatingWebhookConfiguration": _OTHERS + 1, "ValidatingWebhookConfiguration": _OTHERS + 1}
_GROUPS = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions"})

_NEEDED_BY_ALL = _KINDS[:2]
_FIRST = -5  # the wave of kgen's own Namespaces

WAVE = "argocd.argoproj.io/sync-wave"


def kind_rank(group: str, kind: str) -> int:
    """Where a kind stands within a wave. A kind of somebody's own group is none of Kubernetes', whatever its name."""
    if group in _GROUPS or group.endswith(".k8s.io"):
        return _RANKS.get(kind, _OTHERS)
    return _OTHERS


def sort_key(identity: Identity, wave: int) -> SortKey:
    """The place of an object in a bundle."""
    group = group_of(identity.api_version)
    return (wave, kind_rank(group, identity.kind), group, identity.kind, identity.namespace, identity.name)


def usual_wave(identity: Identity) -> int:
    """Where an object of the input stands that names no wave. Namespaces and CRDs come before everything that kgen
    makes, or `kubectl apply` of the stream would meet objects whose namespace is still to come; Argo CD moves them
    to the front by itself (gitops-engine v0.7, pkg/sync/sync_tasks.go)."""
    first = kind_rank(group_of(identity.api_version), identity.kind) < len(_NEEDED_BY_ALL)
    return _FIRST if first else 0


def wave_of(manifest: Manifest, otherwise: int = 0) -> int:
    """Argo CD's sync wave of an object; `otherwise` where it has none, 0 where that is no number, as there."""
    wave = get(manifest, "metadata", "annotations", WAVE)
    if wave is None:
        return otherwise
    try:
        return int(wave)
    except (TypeError, ValueError):
        return 0
