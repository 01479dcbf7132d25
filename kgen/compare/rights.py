"""What is given by name: tools of agents, agents' consent, rights in the API server. More of it is a widening."""

from collections.abc import Callable, Iterator

from kgen.compare.differences import CONSENT, RIGHT, TOOL, Access
from kgen.compare.objects import Differing, Pair
from kgen.compare.sides import Side
from kgen.manifests import Document, Manifest, get, identity_of
from kgen.proof.rbac import powers
from kgen.records import Any
from kgen.runtimes import kagent
from kgen.runtimes.shapes import items, mapping, text, texts

_RBAC = "rbac.authorization.k8s.io"


def given(base: Side, head: Side, found: Differing, team: Callable[[str], str]) -> Iterator[Access]:
    """Tools and consents of Agents that differ, then rights, where anything of them differs."""
    agents = [pair for key, pair in found.pairs.items() if key[:2] == ("kagent.dev", "Agent")]
    for pair in agents:
        yield from _of_agent(pair, team(pair.key[2]))
    if any(key[0] == _RBAC for key in found.pairs):
        yield from _rights(base, head, team)


def _of_agent(pair: Pair, team: str) -> Iterator[Access]:
    name = f"{pair.key[2] or 'default'}/{pair.key[3]}"
    old, new = _tools(pair.before), _tools(pair.after)
    for tool in (*new, *(tool for tool in old if tool not in new)):
        was, now = old.get(tool), new.get(tool)
        if was == now:
            continue
        if was is None or now is None:
            names, approved = now or was or (frozenset(), frozenset())
            yield Access(now is not None, TOOL, team, name, tool, "", _of_tool(names, approved), (pair_name(pair),))
            continue
        yield from _tool_changes(name, tool, was, now, team, pair)
    was_open, now_open = _consents(pair.before), _consents(pair.after)
    for space in (*(now_open - was_open), *(was_open - now_open)):
        yield Access(space in now_open, CONSENT, team, space, name, "", "may refer to it as a tool", (pair_name(pair),))


def pair_name(pair: Pair) -> str:
    return str(pair.item.identity)


Tool = tuple[frozenset[str], frozenset[str]]  # names of single tools, () is all; those that need a person's approval


def _tools(manifest: Manifest | None) -> dict[str, Tool]:
    """MCP servers by name; agents as tools are calls, and are told as such."""
    if manifest is None:
        return {}
    found: dict[str, Tool] = {}
    identity = identity_of(manifest)
    for tool in kagent.tools_of(manifest):
        server = mapping(tool.get("mcpServer"))
        if server:
            place = text(server.get("namespace")) or identity.namespace
            name = f"{text(server.get('kind'), 'MCPServer')} {place}/{text(server.get('name'))}"
            found[name] = (frozenset(texts(server.get("toolNames"))), frozenset(texts(server.get("requireApproval"))))
    return found


def _of_tool(names: frozenset[str], approved: frozenset[str]) -> str:
    told = ", ".join(sorted(names)) or "all its tools"
    return told + (f"; with approval: {', '.join(sorted(approved))}" if approved else "")


def _tool_changes(name: str, tool: str, was: Tool, now: Tool, team: str, pair: Pair) -> Iterator[Access]:
    behind = (pair_name(pair),)
    if was[0] != now[0]:
        if not now[0] or not was[0]:
            text = _of_tool(now[0], frozenset()) + f", was {_of_tool(was[0], frozenset())}"
            yield Access(not now[0], TOOL, team, name, tool, "", text, behind)
        else:
            for widens, names in ((True, now[0] - was[0]), (False, was[0] - now[0])):
                if names:
                    yield Access(widens, TOOL, team, name, tool, "", ", ".join(sorted(names)), behind)
    for widens, names in ((True, was[1] - now[1]), (False, now[1] - was[1])):
        if names:
            text = f"{'without' if widens else 'only with'} a person's approval: {', '.join(sorted(names))}"
            yield Access(widens, TOOL, team, name, tool, "", text, behind)


def _consents(manifest: Manifest | None) -> set[str]:
    """Namespaces whose agents may refer to it, besides its own."""
    allowed = mapping(get(manifest or {}, "spec", "allowedNamespaces"))
    if allowed.get("from") == "All":
        return {"every namespace"}
    if allowed.get("from") != "Selector":
        return set()
    from kgen.proof.endpoints import named_namespaces

    selector = mapping(allowed.get("selector"))
    named = named_namespaces(selector)
    if named:
        return {f"{name}/*" for name in named}
    from json import dumps

    return {"namespaces labelled " + dumps(selector, sort_keys=True) if selector else "every namespace"}


def _rights(base: Side, head: Side, team: Callable[[str], str]) -> Iterator[Access]:
    was, now = _held(base), _held(head)
    old, new = ({(p.subject, p.what, p.where, p.names) for p in powers(_documents(side))} for side in (base, head))
    for power in sorted(old ^ new):
        subject, what, where, names = power
        only = f"; only {', '.join(names)}" if names else ""
        yield Access(power in new, RIGHT, team(where), subject, where, "", f"{what}{only}")
    for widens, left in ((True, now), (False, was)):
        other = was if widens else now
        grouped: dict[tuple[str, str, str], set[str]] = {}
        for subject, where, resource, verb in left - other:
            grouped.setdefault((subject, where, resource), set()).add(verb)
        for (subject, where, resource), verbs in sorted(grouped.items()):
            yield Access(widens, RIGHT, team(where), subject, where, "", f"{', '.join(sorted(verbs))} {resource}")


def _documents(side: Side) -> list[Document]:
    return [Document(item.build(), item.origin) for key, item in side.items.items() if key[0] == _RBAC]


def _held(side: Side) -> set[tuple[str, str, str, str]]:
    """(subject, namespace, resource, verb) of every binding."""
    documents = [document.manifest for document in _documents(side)]
    roles = {
        (identity.kind, identity.namespace, identity.name): role
        for role in documents
        if (identity := identity_of(role)).kind in ("Role", "ClusterRole")
    }
    held: set[tuple[str, str, str, str]] = set()
    for binding in documents:
        identity = identity_of(binding)
        if identity.kind not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        kind, name = text(get(binding, "roleRef", "kind")), text(get(binding, "roleRef", "name"))
        role = roles.get((kind, identity.namespace if kind == "Role" else "", name))
        where = identity.namespace if identity.kind == "RoleBinding" else "every namespace"
        rules = list(_rules(role)) if role is not None else [(f"what {kind} {name} gives", "do")]
        for subject in items(binding.get("subjects")):
            held |= {(_subject(subject, identity.namespace), where, *rule) for rule in rules}
    return held


def _subject(subject: dict[str, Any], home: str) -> str:
    kind, name = text(subject.get("kind")), text(subject.get("name"))
    return f"{kind} {text(subject.get('namespace')) or home}/{name}" if kind == "ServiceAccount" else f"{kind} {name}"


def _rules(role: Manifest) -> Iterator[tuple[str, str]]:
    for rule in items(role.get("rules")):
        names = ", ".join(sorted(texts(rule.get("resourceNames"))))
        only = f" ({names} only)" if names else ""
        for group in sorted(texts(rule.get("apiGroups"))):
            for resource in sorted(texts(rule.get("resources"))):
                shown = f"{resource}.{group}" if group else resource
                yield from ((shown + only, verb) for verb in sorted(texts(rule.get("verbs"))))
        for url in sorted(texts(rule.get("nonResourceURLs"))):
            yield from ((url, verb) for verb in sorted(texts(rule.get("verbs"))))
