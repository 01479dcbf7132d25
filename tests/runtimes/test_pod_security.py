"""Each check of the Pod Security Standards: what breaks it, and what is as good."""

from copy import deepcopy
from typing import Any

import pytest

from kgen.runtimes.pod_security import violations

# A pod that keeps restricted; each case changes one thing
GOOD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "ports": [{"containerPort": 8080}],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "config", "secret": {"secretName": "config"}}],
}


def changed(**changes: Any) -> dict[str, Any]:
    """The good pod with these changes: `pod_` is its context, `container_` its container's, else the pod spec."""
    pod = deepcopy(GOOD)
    for key, value in changes.items():
        place, _, field = key.rpartition("__")
        target = {
            "": pod,
            "pod": pod["securityContext"],
            "container": pod["containers"][0]["securityContext"],
            "main": pod["containers"][0],
        }[place]
        if value is None:
            target.pop(field)
        else:
            target[field] = value
    return pod


BASELINE = [
    (changed(hostNetwork=True), "hostNetwork is set"),
    (changed(hostPID=True), "hostPID is set"),
    (changed(hostIPC=True), "hostIPC is set"),
    (changed(volumes=[{"name": "root", "hostPath": {"path": "/"}}]), "a hostPath volume"),
    (changed(container__privileged=True), "container main is privileged"),
    (
        changed(container__capabilities={"drop": ["ALL"], "add": ["NET_ADMIN", "SYS_TIME"]}),
        "container main adds NET_ADMIN, SYS_TIME",
    ),
    (changed(main__ports=[{"containerPort": 80, "hostPort": 80}]), "container main uses a hostPort"),
    (changed(container__procMount="Unmasked"), "container main sets procMount"),
    (changed(pod__seccompProfile={"type": "Unconfined"}), "seccompProfile is Unconfined"),
    (changed(container__seccompProfile={"type": "Unconfined"}), "seccompProfile is Unconfined"),
    (changed(pod__appArmorProfile={"type": "Unconfined"}), "appArmorProfile is Unconfined"),
    (changed(pod__seLinuxOptions={"type": "spc_t"}), "seLinuxOptions set a user, a role or a type of their own"),
    (changed(container__seLinuxOptions={"user": "u"}), "seLinuxOptions set a user, a role or a type of their own"),
    (changed(pod__windowsOptions={"hostProcess": True}), "windowsOptions.hostProcess is set"),
    (changed(pod__sysctls=[{"name": "kernel.msgmax", "value": "1"}]), "sets the sysctl kernel.msgmax"),
]
RESTRICTED = [
    (changed(volumes=[{"name": "share", "nfs": {}}]), "a nfs volume"),
    (
        changed(container__allowPrivilegeEscalation=None),
        "container main needs allowPrivilegeEscalation: false",
    ),
    (changed(container__capabilities=None), "container main needs capabilities: {drop: [ALL]}"),
    (changed(container__capabilities={"drop": ["NET_RAW"]}), "container main needs capabilities: {drop: [ALL]}"),
    (
        changed(container__capabilities={"drop": ["ALL"], "add": ["CHOWN"]}),
        "container main adds capabilities",
    ),
    (changed(pod__runAsNonRoot=None), "container main needs runAsNonRoot: true"),
    (changed(container__runAsNonRoot=False), "container main needs runAsNonRoot: true"),
    (changed(pod__runAsNonRoot=False, container__runAsNonRoot=True), "the pod sets runAsNonRoot: false"),
    (changed(pod__seccompProfile=None), "container main needs seccompProfile: {type: RuntimeDefault}"),
    (changed(pod__runAsUser=0), "runAsUser is 0"),
    (changed(container__runAsUser=0), "runAsUser is 0"),
]
AS_GOOD = [
    GOOD,
    changed(pod__runAsNonRoot=None, container__runAsNonRoot=True),
    changed(pod__seccompProfile={"type": "Localhost", "localhostProfile": "agent.json"}),
    changed(pod__seccompProfile=None, container__seccompProfile={"type": "RuntimeDefault"}),
    changed(container__capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
    changed(pod__sysctls=[{"name": "net.ipv4.tcp_syncookies", "value": "1"}]),
    changed(pod__seLinuxOptions={"type": "container_t"}),
    changed(container__procMount="Default"),
    changed(volumes=[{"name": "identity", "csi": {"driver": "csi.spiffe.io"}}]),
]


@pytest.mark.parametrize("pod, reason", BASELINE, ids=lambda value: value if isinstance(value, str) else "")
def test_it_breaks_baseline_and_so_restricted(pod: dict[str, Any], reason: str) -> None:
    assert reason in violations(pod, "baseline")
    assert reason in violations(pod, "restricted")
    assert violations(pod, "privileged") in ([], violations(pod, "baseline"))


@pytest.mark.parametrize("pod, reason", RESTRICTED, ids=lambda value: value if isinstance(value, str) else "")
def test_it_breaks_restricted_only(pod: dict[str, Any], reason: str) -> None:
    assert violations(pod, "baseline") == []
    assert violations(pod, "restricted") == [reason]


@pytest.mark.parametrize("pod", AS_GOOD)
def test_it_keeps_restricted(pod: dict[str, Any]) -> None:
    assert violations(pod, "restricted") == []


@pytest.mark.parametrize("place", ["initContainers", "ephemeralContainers"])
def test_every_kind_of_container_counts(place: str) -> None:
    pod = changed(**{place: [{"name": "other"}]})
    assert violations(pod, "restricted") == [
        "container other needs allowPrivilegeEscalation: false",
        "container other needs capabilities: {drop: [ALL]}",
    ]


def test_each_reason_is_told_once() -> None:
    pod = changed(pod__runAsUser=0, container__runAsUser=0)
    assert violations(pod, "restricted") == ["runAsUser is 0"]


@pytest.mark.parametrize("pod", [{}, {"containers": "x"}, {"containers": [None]}, {"volumes": {"a": 1}}])
def test_a_pod_of_an_odd_shape_has_nothing_to_judge(pod: dict[str, Any]) -> None:
    assert violations(pod, "restricted") == []
