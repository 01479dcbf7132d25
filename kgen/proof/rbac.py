"""Rights in the API server: who can read Secrets, write Agents, run commands in pods, or give themselves more.

An agent needs no right at all there (kagent 0.9 and 0.10 hold no Kubernetes client), so any of these in the hands of an
agent's ServiceAccount is a finding. For everybody else it is a table.
"""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, get, identity_of
from kgen.proof.findings import DANGLING, POWER, Cause, Finding
from kgen.proof.pods import Pod
from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import items, text, texts

LAYER = "rbac"

_WRITE = frozenset({"create", "update", "patch", "delete"})
# (power, API group, resource, verbs, any of which gives it)
_POWERS: tuple[tuple[str, str, str, frozenset[str]], ...] = (
    ("read Secrets", "", "secrets", frozenset({"get", "list", "watch"})),
    ("write Agents", "kagent.dev", "agents", frozenset({"create", "update", "patch"})),
    ("delete Agents", "kagent.dev", "agents", frozenset({"delete", "deletecollection"})),
    ("run commands in pods", "", "pods/exec", frozenset({"create", "get"})),
    ("attach to pods", "", "pods/attach", frozenset({"create", "get"})),
    ("add containers to pods", "", "pods/ephemeralcontainers", frozenset({"update", "patch"})),
    ("start pods, with any Secret and account", "", "pods", frozenset({"create"})),
    ("start pods by workloads", "apps", "deployments", frozenset({"create", "update", "patch"})),
    ("start pods by workloads", "apps", "statefulsets", frozenset({"create", "update", "patch"})),
    ("start pods by workloads", "apps", "daemonsets", frozenset({"create", "update", "patch"})),
    ("start pods by workloads", "batch", "jobs", frozenset({"create", "update", "patch"})),
    ("start pods by workloads", "batch", "cronjobs", frozenset({"create", "update", "patch"})),
    ("take tokens of accounts", "", "serviceaccounts/token", frozenset({"create"})),
    ("act as others", "", "users", frozenset({"impersonate"})),
    ("act as others", "", "groups", frozenset({"impersonate"})),
    ("act as others", "", "serviceaccounts", frozenset({"impersonate"})),
    ("change network policies", "networking.k8s.io", "networkpolicies", _WRITE),
    ("label namespaces", "", "namespaces", frozenset({"update", "patch"})),
    ("give rights", "rbac.authorization.k8s.io", "roles", frozenset({"escalate"})),
    ("give rights", "rbac.authorization.k8s.io", "clusterroles", frozenset({"escalate"})),
    ("give rights", "rbac.authorization.k8s.io", "roles", frozenset({"bind"})),
    ("give rights", "rbac.authorization.k8s.io", "clusterroles", frozenset({"bind"})),
)
# ClusterRoles that Kubernetes brings (plugin/pkg/auth/authorizer/rbac/bootstrappolicy, v1.33)
_WORKLOADS = ("read Secrets", "run commands in pods", "attach to pods", "start pods, with any Secret and account")
_BUILT_IN: dict[str, tuple[str, ...]] = {
    "cluster-admin": ("everything",),
    "admin": (*_WORKLOADS, "start pods by workloads", "take tokens of accounts", "change network policies"),
    "edit": (*_WORKLOADS, "start pods by workloads", "take tokens of accounts", "change network policies"),
    "view": (),
}


class Power(NamedTuple):
    """One right of one subject, and the binding and role that give it."""

    subject: str  # "ServiceAccount team-b/x", "Group dev", "User ann"
    what: str
    where: str  # a namespace; "every namespace"
    names: tuple[str, ...]  # the only objects it is for; all where empty
    binding: Cause
    role: str


def powers(documents: Sequence[Document]) -> list[Power]:
    """All rights of interest that bindings of these documents give."""
    roles: dict[tuple[str, str, str], Document] = {}
    bindings = []
    for document in documents:
        identity = identity_of(document.manifest)
        if not identity.api_version.startswith("rbac.authorization.k8s.io/"):
            continue
        if identity.kind in ("Role", "ClusterRole"):
            roles[identity.kind, identity.namespace, identity.name] = document
        elif identity.kind in ("RoleBinding", "ClusterRoleBinding"):
            bindings.append((identity, document))
    found: list[Power] = []
    for identity, document in bindings:
        where = identity.namespace if identity.kind == "RoleBinding" else "every namespace"
        kind = text(get(document.manifest, "roleRef", "kind"))
        name = text(get(document.manifest, "roleRef", "name"))
        role = roles.get((kind, identity.namespace if kind == "Role" else "", name))
        given = _of_role(role.manifest) if role else [(what, ()) for what in _BUILT_IN.get(name, ())]
        cause = Cause(identity, document.origin, ("subjects",))
        for subject in items(document.manifest.get("subjects")):
            who = _subject(subject, identity.namespace)
            found += [Power(who, what, where, names, cause, f"{kind} {name}") for what, names in given]
    return found


def _subject(subject: dict[str, Any], home: str) -> str:
    kind, name = text(subject.get("kind")), text(subject.get("name"))
    if kind == "ServiceAccount":
        return f"ServiceAccount {text(subject.get('namespace')) or home}/{name}"
    return f"{kind} {name}"


def _of_role(role: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    found: dict[tuple[str, tuple[str, ...]], None] = {}
    for rule in items(role.get("rules")):
        groups, resources, verbs = (texts(rule.get(key)) for key in ("apiGroups", "resources", "verbs"))
        names = tuple(sorted(texts(rule.get("resourceNames"))))
        if "*" in groups and "*" in resources and "*" in verbs:
            found["everything", names] = None
            continue
        for what, group, resource, needed in _POWERS:
            if not ({group, "*"} & groups and (needed | {"*"}) & verbs):
                continue
            sub = resource.rpartition("/")[2]
            if {resource, "*"} & resources or ("/" in resource and f"*/{sub}" in resources):
                found[what, names] = None
    return list(found)


def findings(documents: Sequence[Document], pods: Sequence[Pod], found: Sequence[Power]) -> Iterator[Finding]:
    """Rights of agents, rights of everybody, bindings to roles and accounts that are not there."""
    accounts = {f"{pod.namespace}/{pod.service_account}" for pod in pods}
    of_agents = {f"{p.namespace}/{p.service_account}": p for p in pods if p.identity.kind == "Agent"}
    for power in found:
        account = power.subject.removeprefix("ServiceAccount ")
        only = f" ({', '.join(power.names)} only)" if power.names else ""
        if account in of_agents and account != power.subject:
            message = f"{power.subject}, the account of an agent, can {_can(power)}{only}: agents need no right there"
            yield Finding(POWER, message, f"take it out of {power.binding.identity}", (power.binding,), layer=LAYER)
        elif power.subject in ("Group system:authenticated", "Group system:unauthenticated", "User system:anonymous"):
            message = f"{power.subject} can {_can(power)}{only}: that is everybody, each agent's account included"
            yield Finding(POWER, message, "name who needs it", (power.binding,), layer=LAYER)
    there = {identity_of(document.manifest) for document in documents}
    made = {(i.kind, i.namespace, i.name) for i in there}
    agent_spaces = {pod.namespace for pod in pods if pod.identity.kind == "Agent"}
    for document in documents:
        identity = identity_of(document.manifest)
        if identity.kind not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        for index, subject in enumerate(items(document.manifest.get("subjects"))):
            if subject.get("kind") != "ServiceAccount":
                continue
            space, name = text(subject.get("namespace")) or identity.namespace, text(subject.get("name"))
            if space in agent_spaces and f"{space}/{name}" not in accounts:
                cause = Cause(identity, document.origin, ("subjects", index))
                rights = [_can(power) for power in found if power.subject == f"ServiceAccount {space}/{name}"]
                message = f"binds a role to ServiceAccount {space}/{name}, which no known pod of {space} runs under"
                if rights:
                    message += f"; whoever may start a pod under it can {', '.join(dict.fromkeys(rights))}"
                yield Finding(DANGLING, message, "name the account that pods run under", (cause,), layer=LAYER)
        kind, name = text(get(document.manifest, "roleRef", "kind")), text(get(document.manifest, "roleRef", "name"))
        if kind == "Role" and ("Role", identity.namespace, name) not in made:
            cause = Cause(identity, document.origin, ("roleRef", "name"))
            yield Finding(DANGLING, f"binds Role {name}, which is not there", "add the Role", (cause,), layer=LAYER)


def _can(power: Power) -> str:
    return f"{'do ' if power.what == 'everything' else ''}{power.what} in {power.where}"
