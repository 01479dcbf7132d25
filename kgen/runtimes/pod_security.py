"""Pod Security Standards: what in a pod spec breaks *baseline* or *restricted*.

The checks of k8s.io/pod-security-admission v0.33 (policy/check_*.go) as far as a manifest can break them;
the real admission plugin has the last word, and the tests compare with it.
"""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.records import Any
from kgen.runtimes.shapes import items, mapping, texts

# https://kubernetes.io/docs/concepts/security/pod-security-standards/ (v1.33)
_BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
_RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image",
}  # fmt: skip
_PROFILES = ("RuntimeDefault", "Localhost")
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
}  # fmt: skip


def violations(pod: dict[str, Any], level: str) -> list[str]:
    """Reasons in words, each once, in a fixed order; empty where the pod spec keeps the level."""
    found = list(dict.fromkeys(_baseline(pod)))
    if level == "restricted":
        found.extend(reason for reason in dict.fromkeys(_restricted(pod)) if reason not in found)
    return found


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    keys = ("initContainers", "containers", "ephemeralContainers")
    return [container for key in keys for container in items(pod.get(key))]


def _baseline(pod: dict[str, Any]) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"{key} is set"
    if any("hostPath" in volume for volume in items(pod.get("volumes"))):
        yield "a hostPath volume"
    for container in _containers(pod):
        name, context = container.get("name"), mapping(container.get("securityContext"))
        if context.get("privileged"):
            yield f"container {name} is privileged"
        added = texts(get(context, "capabilities", "add"))
        if added - _BASELINE_CAPABILITIES:
            yield f"container {name} adds {', '.join(sorted(added - _BASELINE_CAPABILITIES))}"
        if any(get(port, "hostPort", default=0) for port in items(container.get("ports"))):
            yield f"container {name} uses a hostPort"
        if get(context, "procMount", default="Default") != "Default":
            yield f"container {name} sets procMount"
    for context in _contexts(pod):
        if get(context, "seccompProfile", "type") == "Unconfined":
            yield "seccompProfile is Unconfined"
        if get(context, "appArmorProfile", "type") == "Unconfined":
            yield "appArmorProfile is Unconfined"
        selinux = mapping(context.get("seLinuxOptions"))
        if selinux.get("type", "") not in _SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
            yield "seLinuxOptions set a user, a role or a type of their own"
        if get(context, "windowsOptions", "hostProcess"):
            yield "windowsOptions.hostProcess is set"
    sysctls = {get(one, "name", default="") for one in items(get(pod, "securityContext", "sysctls"))}
    if sysctls - _SAFE_SYSCTLS:
        yield f"sets the sysctl {', '.join(sorted(sysctls - _SAFE_SYSCTLS))}"


def _contexts(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [mapping(part.get("securityContext")) for part in (pod, *_containers(pod))]


def _restricted(pod: dict[str, Any]) -> Iterator[str]:
    for volume in items(pod.get("volumes")):
        for kind in sorted(set(volume) - {"name"} - _RESTRICTED_VOLUMES):
            yield f"a {kind} volume"
    outer = mapping(pod.get("securityContext"))
    if outer.get("runAsNonRoot") is False:  # even where every container says otherwise
        yield "the pod sets runAsNonRoot: false"
    for container in _containers(pod):
        name, context = container.get("name"), mapping(container.get("securityContext"))
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"container {name} needs allowPrivilegeEscalation: false"
        if "ALL" not in texts(get(context, "capabilities", "drop")):
            yield f"container {name} needs capabilities: {{drop: [ALL]}}"
        if texts(get(context, "capabilities", "add")) - {"NET_BIND_SERVICE"}:
            yield f"container {name} adds capabilities"
        if context.get("runAsNonRoot", outer.get("runAsNonRoot")) is not True:
            yield f"container {name} needs runAsNonRoot: true"
        if get(context, "seccompProfile", "type", default=get(outer, "seccompProfile", "type")) not in _PROFILES:
            yield f"container {name} needs seccompProfile: {{type: RuntimeDefault}}"
    for context in _contexts(pod):
        if context.get("runAsUser") == 0:
            yield "runAsUser is 0"
