"""Access of people and automation: the Roles that Platform.spec.access asks for, never with a wildcard.

Viewers read what runs but no Secret: kagent writes delegated headers in clear into one (kagent 0.10
compiler.go). Debuggers may exec. `kubectl exec` is a POST or, over websockets, a GET of pods/exec, so both
verbs are needed; "exec" is no verb.
"""

from kgen.manifests import Document
from kgen.records import Any
from kgen.results import WARNING, Result
from kgen.topology.index import about
from kgen.topology.namespaces import Standing
from kgen.topology.types import Access

_READ = ["get", "list", "watch"]
_VIEWER: tuple[dict[str, Any], ...] = (
    {"apiGroups": [""], "resources": ["events", "pods", "pods/log", "services"], "verbs": _READ},
    {"apiGroups": ["apps"], "resources": ["deployments", "replicasets", "statefulsets"], "verbs": _READ},
    {"apiGroups": ["kagent.dev"], "resources": ["agents", "modelconfigs", "remotemcpservers"], "verbs": _READ},
    {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": _READ},
)
_DEBUGGER: tuple[dict[str, Any], ...] = (
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]},
)
# Verbs by which a subject gives itself more than the Role holds (kubernetes.io: RBAC good practices).
_ESCALATING = ("bind", "escalate", "impersonate")


def accesses(platform: Document, standing: dict[str, Standing], results: list[Result]) -> tuple[Access, ...]:
    """One Access a namespace and name, in that order."""
    spec = platform.manifest["spec"]["access"]
    found = []
    for section, purpose in (("viewers", "viewer"), ("debuggers", "debugger"), ("automation", "automation")):
        for name, given in sorted((spec.get(section) or {}).items()):
            field = f'spec.access.{section}["{name}"]'
            rules = _VIEWER if purpose == "viewer" else _DEBUGGER
            if purpose == "automation":
                rules = _rules(given, platform, field, results)
            subjects = _subjects(given, platform, field, results)
            for namespace in sorted(set(given["namespaces"])):
                where = f"{field}.namespaces[{given['namespaces'].index(namespace)}]"
                if _grantable(namespace, purpose, standing, platform, where, results):
                    found.append(Access(name, purpose, namespace, subjects, rules))
    return tuple(sorted(found, key=lambda access: (access.namespace, access.purpose, access.name)))


def _grantable(
    namespace: str, purpose: str, standing: dict[str, Standing], platform: Document, field: str, results: list[Result]
) -> bool:
    is_ = standing.get(namespace)
    if is_ is None:
        near = ", ".join(sorted(standing)) or "none"
        message = (
            f"found {namespace}, which is no namespace of this run; list it under spec.namespaces; there are: {near}"
        )
    elif is_.management == "External":
        message = f"{namespace} is External: who gets in there is for its owner to say; list it as Owned or Shared"
    elif purpose == "debugger" and is_.management != "Owned":
        message = (
            f"{namespace} is {is_.management}: exec reaches every pod of a namespace, other people's included; "
            "debuggers are for Owned namespaces; take it out here"
        )
    else:
        return True
    results.append(about(platform, "access", field, message))
    return False


def _subjects(
    given: dict[str, Any], platform: Document, field: str, results: list[Result]
) -> tuple[dict[str, Any], ...]:
    subjects = []
    for position, subject in enumerate(given["subjects"]):
        where = f"{field}.subjects[{position}]"
        if subject["kind"] == "Group" and subject["name"].startswith("system:"):
            message = f"found the group {subject['name']}, which holds far more than one team: name a group of your own"
            results.append(about(platform, "access", f"{where}.name", message))
        if subject["kind"] == "ServiceAccount" and not subject.get("namespace"):
            message = f"ServiceAccount {subject['name']} needs its namespace: set it, accounts of one name are many"
            results.append(about(platform, "access", f"{where}.namespace", message))
        group = {} if subject["kind"] == "ServiceAccount" else {"apiGroup": "rbac.authorization.k8s.io"}
        home = (
            {"namespace": subject["namespace"]}
            if subject["kind"] == "ServiceAccount" and subject.get("namespace")
            else {}
        )
        subjects.append({**group, "kind": subject["kind"], "name": subject["name"], **home})
    return tuple(subjects)


def _rules(given: dict[str, Any], platform: Document, field: str, results: list[Result]) -> tuple[dict[str, Any], ...]:
    """Rules of automation: resources as kubectl writes them, `deployments.apps` or `pods/log`."""
    for key in ("verbs", "resources"):
        for position, value in enumerate(given[key]):
            where = f"{field}.{key}[{position}]"
            if value in _ESCALATING:  # a wildcard is no verb or resource: the kind refuses it
                message = f"found {value}, by which automation could give itself any right: leave it out"
                results.append(about(platform, "access", where, message))
            elif value.startswith(("pods/exec", "pods/attach")):
                message = f"found {value}: running commands in pods is for spec.access.debuggers; take it out here"
                results.append(about(platform, "access", where, message))
            elif value == "secrets":
                message = "lets automation read every Secret of the namespace, delegated headers included"
                results.append(about(platform, "access-secrets", where, message, WARNING))
    by_group: dict[str, list[str]] = {}
    for resource in given["resources"]:
        plain, slash, sub = resource.partition("/")
        name, _, group = plain.partition(".")
        by_group.setdefault(group, []).append(name + slash + sub)
    verbs = sorted(given["verbs"])
    return tuple(
        {"apiGroups": [group], "resources": sorted(names), "verbs": verbs} for group, names in sorted(by_group.items())
    )
