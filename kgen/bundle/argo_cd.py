"""An object as Argo CD has to get it: what it or the cluster writes itself is not in it, and all of it can be applied.

Objects that kgen makes are so already, so that every host gives the same; this is about what passes through.
"""

from kgen.manifests import Manifest, get, group_of, identity_of
from kgen.records import Any
from kgen.results import ERROR, Result

# Argo CD (util/argo/resource_tracking.go) writes these; those of an earlier life would be another Application's
TRACKING = {
    "labels": ("app.kubernetes.io/instance",),
    "annotations": ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/installation-id"),
}
# what the API server writes: it comes with an object copied out of a cluster, and shows as a difference for ever
_SERVER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_CLUSTER_SCOPED = frozenset(
    (
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "GatewayClass",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    )
)
_BUILT_IN = frozenset(("", "apps", "autoscaling", "batch", "policy"))
_NAMESPACED = frozenset(("kagent.dev", "networking.istio.io", "security.istio.io", "telemetry.istio.io"))
# files of programs that look like objects
_FILES = frozenset(
    (
        "apiserver.config.k8s.io",
        "audit.k8s.io",
        "client.authentication.k8s.io",
        "config.kubernetes.io",
        "kpt.dev",
        "kubeadm.k8s.io",
        "kubecontrollermanager.config.k8s.io",
        "kubelet.config.k8s.io",
        "kubeproxy.config.k8s.io",
        "kubescheduler.config.k8s.io",
        "kustomize.config.k8s.io",
    )
)
_FILE_KINDS = frozenset((("v1", "Config"), ("argoproj.io/v1alpha1", "ConfigManagementPlugin")))
_KEPT = frozenset(("data", "stringData", "binaryData", "labels", "annotations", "matchLabels", "nodeSelector"))


def fitted(manifest: Manifest) -> Manifest:
    """The object without tracking marks, without what the server writes, and, of a built-in kind, without nulls."""
    metadata = manifest["metadata"]
    group = group_of(manifest["apiVersion"])
    built_in = group in _BUILT_IN or group.endswith(".k8s.io")
    marked = [(part, key) for part, keys in TRACKING.items() for key in keys if key in (metadata.get(part) or {})]
    if marked or any(key in metadata for key in _SERVER):
        metadata = {key: value for key, value in metadata.items() if key not in _SERVER}
        for part, key in marked:
            metadata[part] = {name: value for name, value in metadata[part].items() if name != key}
            if not metadata[part]:
                del metadata[part]
        manifest = {**manifest, "metadata": metadata}
    if built_in and isinstance(manifest.get("status"), dict | None) and "status" in manifest:
        manifest = {key: value for key, value in manifest.items() if key != "status"}
    return _without_nulls(manifest) if built_in and _has_null(manifest) else manifest


def unfit(manifest: Manifest) -> Result | None:
    """Why Argo CD could not apply an object as it is meant; None for all others."""
    identity = identity_of(manifest)
    group = group_of(identity.api_version)
    message = field = ""
    if group in _FILES or (identity.api_version, identity.kind) in _FILE_KINDS:
        message = "is the file of a program and no object of a cluster: move it out of the application's folder"
    elif not identity.namespace and identity.kind not in _CLUSTER_SCOPED and _has_namespace(group):
        message = "metadata.namespace is missing: Argo CD would put it wherever the Application points; write it"
        field = "metadata.namespace"
    if not message:
        return None
    return Result(message, ERROR, "argo-cd", identity.api_version, identity.kind, "", identity.name, field)


def marks(manifest: Manifest) -> list[str]:
    """Tracking marks that the object came with."""
    found = []
    for part, keys in TRACKING.items():
        present = get(manifest, "metadata", part, default={})
        found += [key for key in keys if key in present]
    return found


def _has_namespace(group: str) -> bool:
    return group in _BUILT_IN or group in _NAMESPACED or (group.endswith(".k8s.io") and group.count(".") > 1)


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(item is None or _has_null(item) for item in value.values())
    return isinstance(value, list) and any(map(_has_null, value))


def _without_nulls(value: Any) -> Any:
    """A null field is none to the API server; in maps of texts it is an empty text, which stays."""
    if isinstance(value, dict):
        return {
            key: item if key in _KEPT else _without_nulls(item)
            for key, item in value.items()
            if item is not None or key in _KEPT
        }
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
