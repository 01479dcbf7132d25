"""Rights in the API server: who can read Secrets, write Agents, run commands in pods, or give themselves more.

An agent needs no right at all there (kagent 0.9 and 0.10 hold no Kubernetes client), so any of these in the hands of an
agent's ServiceAccount is a finding. For everybody else it is a table.
"""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, get, identity_of
from kgen.proof import rights
from kgen.proof.findings import DANGLING, NOT_UNDERSTOOD, POWER, Cause, Finding
from kgen.proof.pods import Pod
from kgen.records import Any, NamedTuple
from kgen.runtimes.services import matches
from kgen.runtimes.shapes import items, labels, mapping, text

LAYER = "rbac"
_EVERYBODY = ("Group system:authenticated", "Group system:unauthenticated", "User system:anonymous")
_ACCOUNTS = "system:serviceaccounts"

Key = tuple[str, str, str]  # kind, namespace, name


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
    roles: dict[Key, Document] = {}
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
        given = _of_role(name if kind == "ClusterRole" else "", role, roles)
        cause = Cause(identity, document.origin, ("subjects",))
        for subject in items(document.manifest.get("subjects")):
            who = _subject(subject, identity.namespace)
            found += [Power(who, what, where, names, cause, f"{kind} {name}") for what, names in given]
    return found


def _subject(subject: dict[str, Any], home: str) -> str:
    kind, name = text(subject.get("kind")), text(subject.get("name"))
    if kind == "User" and name.startswith("system:serviceaccount:") and name.count(":") == 3:
        return f"ServiceAccount {'/'.join(name.split(':')[2:])}"
    if kind == "ServiceAccount":
        return f"ServiceAccount {text(subject.get('namespace')) or home}/{name}"
    return f"{kind} {name}"


def _of_role(name: str, role: Document | None, roles: dict[Key, Document]) -> list[rights.Given]:
    """What a role gives: its own rules, those it aggregates, and what Kubernetes knows of the name."""
    found: list[rights.Given] = [(what, ()) for what in rights.BUILT_IN.get(name, ())] if role is None else []
    wanted = (
        [mapping(one) for one in items(get(role.manifest, "aggregationRule", "clusterRoleSelectors"))] if role else []
    )
    if role is None:
        wanted = [{"matchLabels": {f"{rights.AGGREGATES}{into}": "true"}} for into in rights.INTO.get(name, ())]
    rules = [role, *(one for (kind, _, _), one in roles.items() if kind == "ClusterRole" and _selected(one, wanted))]
    for one in rules:
        found += rights.of_rules(one.manifest.get("rules")) if one is not None else []
    return list(dict.fromkeys(found))


def _selected(role: Document, selectors: Sequence[dict[str, Any]]) -> bool:
    own = labels(get(role.manifest, "metadata", "labels"))
    return any(matches(selector, own) for selector in selectors)


def findings(documents: Sequence[Document], pods: Sequence[Pod], found: Sequence[Power]) -> Iterator[Finding]:
    """Rights of agents, rights of everybody, bindings to roles and accounts that are not there."""
    accounts = {f"{pod.namespace}/{pod.service_account}" for pod in pods}
    of_agents = {f"{p.namespace}/{p.service_account}": p for p in pods if p.identity.kind == "Agent"}
    homes = {p.namespace for p in of_agents.values()}
    for power in found:
        account = power.subject.removeprefix("ServiceAccount ")
        only = f" ({', '.join(power.names)} only)" if power.names else ""
        if account in of_agents and account != power.subject:
            message = f"{power.subject}, the account of an agent, can {_can(power)}{only}: agents need no right there"
            yield Finding(POWER, message, f"take it out of {power.binding.identity}", (power.binding,), layer=LAYER)
        elif (spaces := _accounts_of(power.subject)) is not None and (spaces in ("", *homes)):
            message = f"{power.subject} can {_can(power)}{only}: agents' accounts are in it, and need no right there"
            yield Finding(POWER, message, "name who needs it", (power.binding,), layer=LAYER)
        elif power.subject in _EVERYBODY:
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
                given = [_can(power) for power in found if power.subject == f"ServiceAccount {space}/{name}"]
                message = f"binds a role to ServiceAccount {space}/{name}, which no known pod of {space} runs under"
                if given:
                    message += f"; whoever may start a pod under it can {', '.join(dict.fromkeys(given))}"
                yield Finding(DANGLING, message, "name the account that pods run under", (cause,), layer=LAYER)
        kind, name = text(get(document.manifest, "roleRef", "kind")), text(get(document.manifest, "roleRef", "name"))
        if kind == "ClusterRole" and (kind, "", name) not in made and name not in rights.BUILT_IN:
            subjects = [_subject(one, identity.namespace) for one in items(document.manifest.get("subjects"))]
            if mine := [one for one in subjects if one.removeprefix("ServiceAccount ") in of_agents]:
                cause = Cause(identity, document.origin, ("roleRef", "name"))
                message = f"gives {', '.join(mine)}, an agent's account, ClusterRole {name}, which no manifest shows"
                yield Finding(NOT_UNDERSTOOD, message, "add it, or take the account out", (cause,), layer=LAYER)
        if kind == "Role" and ("Role", identity.namespace, name) not in made:
            cause = Cause(identity, document.origin, ("roleRef", "name"))
            yield Finding(DANGLING, f"binds Role {name}, which is not there", "add the Role", (cause,), layer=LAYER)


def _accounts_of(subject: str) -> str | None:
    """The namespace whose accounts a group is, "" for those of all; None where it is no such group."""
    name = subject.removeprefix("Group ")
    if name == _ACCOUNTS:
        return ""
    return name.removeprefix(f"{_ACCOUNTS}:") if name.startswith(f"{_ACCOUNTS}:") else None


def _can(power: Power) -> str:
    return f"{'do ' if power.what == 'everything' else ''}{power.what} in {power.where}"
