"""Pod Security Standards: what in a pod spec breaks *baseline* or *restricted*.

The checks of k8s.io/pod-security-admission v0.33 (policy/check_*.go) as far as a manifest can break them;
the real admission plugin has the last word, and the tests compare with it.
"""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.records import Any

# https://kubernetes.io/docs/concepts/security/pod-security-standards/ (v1.33)
_BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
_RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image",
}  # fmt: skip
_PROFILES = ("RuntimeDefault", "Localhost")


def violations(pod: dict[str, Any], level: str) -> list[str]:
    """Reasons in words, each once, in a fixed order; empty where the pod spec keeps the level."""
    found = list(dict.fromkeys(_baseline(pod)))
    if level == "restricted":
        found.extend(reason for reason in dict.fromkeys(_restricted(pod)) if reason not in found)
    return found


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    keys = ("initContainers", "containers", "ephemeralContainers")
    return [c for key in keys for c in get(pod, key, default=[]) if isinstance(c, dict)]


def _baseline(pod: dict[str, Any]) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"{key} is set"
    if any("hostPath" in volume for volume in get(pod, "volumes", default=[])):
        yield "a hostPath volume"
    for container in _containers(pod):
        name, context = container.get("name"), get(container, "securityContext", default={})
        if context.get("privileged"):
            yield f"container {name} is privileged"
        added = set(get(context, "capabilities", "add", default=[]))
        if added - _BASELINE_CAPABILITIES:
            yield f"container {name} adds {', '.join(sorted(added - _BASELINE_CAPABILITIES))}"
        if any(get(port, "hostPort", default=0) for port in get(container, "ports", default=[])):
            yield f"container {name} uses a hostPort"
        if get(context, "procMount", default="Default") != "Default":
            yield f"container {name} sets procMount"
    for context in _contexts(pod):
        if get(context, "seccompProfile", "type") == "Unconfined":
            yield "seccompProfile is Unconfined"
        if get(context, "appArmorProfile", "type") == "Unconfined":
            yield "appArmorProfile is Unconfined"


def _contexts(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [get(part, "securityContext", default={}) for part in (pod, *_containers(pod))]


def _restricted(pod: dict[str, Any]) -> Iterator[str]:
    for volume in get(pod, "volumes", default=[]):
        for kind in sorted(set(volume) - {"name"} - _RESTRICTED_VOLUMES):
            yield f"a {kind} volume"
    outer = get(pod, "securityContext", default={})
    for container in _containers(pod):
        name, context = container.get("name"), get(container, "securityContext", default={})
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"container {name} needs allowPrivilegeEscalation: false"
        if "ALL" not in get(context, "capabilities", "drop", default=[]):
            yield f"container {name} needs capabilities: {{drop: [ALL]}}"
        if set(get(context, "capabilities", "add", default=[])) - {"NET_BIND_SERVICE"}:
            yield f"container {name} adds capabilities"
        if context.get("runAsNonRoot", outer.get("runAsNonRoot")) is not True:
            yield f"container {name} needs runAsNonRoot: true"
        if get(context, "seccompProfile", "type", default=get(outer, "seccompProfile", "type")) not in _PROFILES:
            yield f"container {name} needs seccompProfile: {{type: RuntimeDefault}}"
    for context in _contexts(pod):
        if context.get("runAsUser") == 0:
            yield "runAsUser is 0"
