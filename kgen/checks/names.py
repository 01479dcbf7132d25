"""Names: legal to the API server, and never those that kagent would take over.

kagent (0.9 and 0.10, go/core/internal/controller/translator/mutate.go) makes a Secret, ServiceAccount,
Service and Deployment called like the Agent, and with skills a ConfigMap NAME-skills-init. An object of
that name that exists before is overwritten, gets an ownerReference, and is deleted with the Agent.
"""

from kgen.checks import Context, Subject, problem
from kgen.manifests import get, group_of
from kgen.results import ERROR, Result

_TAKEN = frozenset({("", "Secret"), ("", "ServiceAccount"), ("", "Service"), ("apps", "Deployment")})
_SKILLS = "-skills-init"
_CONCERNED = frozenset({"Agent", "ConfigMap", "ExternalSecret", *(kind for _, kind in _TAKEN)})

_LABELS_ONLY = frozenset({"Namespace", "Service", "Agent"})  # an Agent's Service carries its name
_PATH_SEGMENT = "rbac.authorization.k8s.io"  # its names may be any path segment, e.g. system:node


def wrong_name(group: str, kind: str, name: str) -> str:
    """Why the API server would refuse this name; "" when it would not."""
    if group == _PATH_SEGMENT:
        return "holds / or %, or is . or .." if "/" in name or "%" in name or name in (".", "..") else ""
    most = 63 if kind in _LABELS_ONLY else 253
    if len(name) > most:
        return f"has {len(name)} characters, at most {most} are allowed"
    if kind in _LABELS_ONLY:
        if not _is_label(name):
            return "is no DNS-1123 label: lower case letters, digits and -, a letter or digit at both ends"
    elif not all(map(_is_label, name.split("."))):
        return "is no DNS-1123 name: lower case letters, digits, - and ., a letter or digit at both ends"
    return ""


def _is_label(text: str) -> bool:
    # no regular expression: compiling one costs a run more than it checks names
    plain = text.replace("-", "a")
    return plain.isalnum() and plain.isascii() and plain == plain.lower() and text[0] != "-" != text[-1]


class Lint:
    """Keeps the names of Agents and of what could collide with them."""

    def __init__(self, context: Context) -> None:
        self._agents = {(e.namespace, e.name) for e in context.externals if e.kind == "Agent"}
        self._candidates: list[tuple[tuple[str, str], Subject]] = []
        self._found: list[Result] = []
        self._legal: set[tuple[str, str, str]] = set()

    def see(self, subject: Subject) -> None:
        api_version, kind, namespace, name = subject.identity
        group = group_of(api_version)
        if (group, kind, name) not in self._legal:
            self._legal.add((group, kind, name))
            if why := wrong_name(group, kind, name):
                message = f"the name {name} {why}; rename it"
                self._found.append(problem(subject, "name", message, ERROR, "metadata.name"))
        if kind not in _CONCERNED:
            return
        if kind == "Agent" and group == "kagent.dev":
            self._agents.add((namespace, name))
            return
        if (group, kind) in _TAKEN:
            agent = name
        elif kind == "ConfigMap" and not group and name.endswith(_SKILLS):
            agent = name.removesuffix(_SKILLS)
        elif kind == "ExternalSecret":
            target = get(subject.manifest, "spec", "target", "name")
            agent = target if isinstance(target, str) else name
        else:
            return
        if not _made_by_kagent(subject):
            self._candidates.append(((namespace, agent), subject._replace(manifest={})))

    def results(self) -> list[Result]:
        found = list(self._found)
        for (namespace, name), subject in self._candidates:
            if (namespace, name) in self._agents:
                what = "makes a Secret" if subject.identity.kind == "ExternalSecret" else "is"
                found.append(
                    problem(
                        subject,
                        "agent-name",
                        f"{what} named like the Agent {namespace}/{name} next to it: kagent overwrites it and deletes "
                        f"it with the Agent; rename this {subject.identity.kind}, e.g. {name}-own",
                        ERROR,
                        "metadata.name",
                    )
                )
        return found


def _made_by_kagent(subject: Subject) -> bool:
    """Whether the object was read from a cluster where kagent had made it."""
    owners = get(subject.manifest, "metadata", "ownerReferences", default=[])
    return isinstance(owners, list) and any(get(owner, "kind") == "Agent" for owner in owners)
