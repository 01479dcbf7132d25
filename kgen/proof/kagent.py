"""kagent's own layer: which agent has which as a tool, who consents to it, and the way around both on port 8083.

kagent checks consent once, when it reads an Agent, and leaves a running caller as it is when consent is taken back
(kagent 0.10, reconciler.go): this layer configures, it does not stop traffic. Its findings say where it and the links,
or it and the network, do not say the same.
"""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, Identity, Origin, Path, get, identity_of
from kgen.proof.asked import Asked
from kgen.proof.endpoints import namespaces
from kgen.proof.findings import DANGLING, DEFICIT, DISAGREEMENT, EXCESS, RESIDUAL, Cause, Finding
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, WARNING
from kgen.runtimes import kagent
from kgen.runtimes.services import matches
from kgen.runtimes.shapes import mapping, text

LAYER = "kagent"


class Reference(NamedTuple):
    """A tool of an Agent that is another Agent."""

    caller: str
    callee: str
    path: Path
    typed: bool  # the CRD's rules refuse a tool without a type


class Wiring(NamedTuple):
    """What the Agents of the manifests say of each other."""

    agents: dict[str, Document]
    references: tuple[Reference, ...]
    spaces: dict[str, dict[str, str]]

    def admits(self, caller: str, callee: str) -> bool:
        """Whether the callee consents to agents of the caller's namespace (default: its own namespace only)."""
        home, own = caller.partition("/")[0], callee.partition("/")[0]
        if home == own:
            return True
        allowed = mapping(get(self.agents[callee].manifest, "spec", "allowedNamespaces"))
        if allowed.get("from") == "Selector" and "selector" in allowed:
            return matches(mapping(allowed["selector"]), self.spaces.get(home, {"kubernetes.io/metadata.name": home}))
        return allowed.get("from") == "All"


def read(documents: Sequence[Document]) -> Wiring:
    """The Agents of these documents."""
    agents: dict[str, Document] = {}
    references: list[Reference] = []
    for document in documents:
        if document.manifest.get("kind") != "Agent" or not text(document.manifest.get("apiVersion")).startswith(
            "kagent.dev/"
        ):
            continue
        identity = identity_of(document.manifest)
        home = identity.namespace or "default"
        name = f"{home}/{identity.name}"
        agents[name] = document
        given = get(document.manifest, "spec", "declarative", "tools")
        for index, tool in enumerate(given if isinstance(given, list) else []):
            if not isinstance(tool, dict):
                continue
            typed = "type" in tool
            callee = kagent.callee_of(tool if typed else {**tool, "type": "Agent" if "agent" in tool else ""}, home)
            if callee and callee[1]:
                path: Path = ("spec", "declarative", "tools", index)
                references.append(Reference(name, "/".join(callee), path, typed))
    return Wiring(agents, tuple(references), namespaces(documents, (), ()))


def findings(documents: Sequence[Document], asked: Asked, judged: bool) -> Iterator[Finding]:
    """Everything about references, consent and fields that kagent drops. Without questions (`judged`) no excess."""
    wiring = read(documents)
    wanted = {(caller, callee): wired for caller, callee, _, wired in asked.callers}
    for reference in wiring.references:
        yield from (_eased(finding, asked) for finding in _reference(wiring, reference, wanted, judged))
    referenced = {(one.caller, one.callee) for one in wiring.references}
    for (caller, callee), wired in wanted.items():
        if wired and caller in wiring.agents and (caller, callee) not in referenced:
            cause = _cause(wiring.agents[caller], ("spec", "declarative", "tools"))
            message = f"{caller} to {callee}: a link asks for it, and the caller has no such tool, so it never calls"
            home, _, own = callee.partition("/")
            mend = f"add to its tools {{type: Agent, agent: {{name: {own}, namespace: {home}, kind: Agent}}}}"
            yield _eased(Finding(DEFICIT, message, mend, (cause,), caller, callee, layer=LAYER), asked)
    for name, document in wiring.agents.items():
        yield from _consent(wiring, name, document, wanted, judged)
        yield from _misplaced(name, document)


def _eased(finding: Finding, asked: Asked) -> Finding:
    """In a namespace under Observe, a deficit of an Agent is what the step to Enforce will mend, and a tool that no
    link asks for what that step will refuse."""
    space = finding.causes[0].identity.namespace
    if finding.kind not in (DEFICIT, EXCESS) or space not in asked.observed:
        return finding
    if finding.kind == EXCESS:
        return finding._replace(severity=WARNING, mend=f"{finding.mend}, before {space} is set to Enforce")
    return finding._replace(severity=WARNING, mend=f"set {space} to Enforce, or {finding.mend}")


def residual(asked: Asked, freed: Sequence[str] = (), locked: str = "") -> Iterator[Finding]:
    """Ruling 1: what no network policy can close. `freed`: agents for which the mesh's guard does.

    `locked` says where admission refuses the controller's writes.
    """
    if left := [name for name in asked.residual if name not in set(freed)]:
        count = len(left)
        message = (
            f"{count} agent{'s have' if count > 1 else ' has'} to reach port 8083 of kagent's controller "
            f"({asked.controller.rpartition('/')[0]}), which calls any agent and writes Agents for whoever reaches it"
        )
        mend = (
            "a mesh's guard of that port closes it (profile Mesh, with kagent.managePolicies or by its owner), "
            "admission its write side (profile Hardened)"
        )
        if locked:
            message += f"; admission refuses what it writes {locked}, so the calls are what is open"
            mend = "a mesh's guard of that port closes the calls as well (profile Mesh, with kagent.managePolicies)"
        yield Finding(RESIDUAL, message, mend, (), ", ".join(left[:4]), "every agent, by 8083", layer=LAYER)


def _cause(document: Document, path: Path) -> Cause:
    return Cause(identity_of(document.manifest), document.origin, path)


def _reference(
    wiring: Wiring, reference: Reference, wanted: dict[tuple[str, str], bool], judged: bool
) -> Iterator[Finding]:
    caller, callee = reference.caller, reference.callee
    cause = _cause(wiring.agents[caller], reference.path)
    if not reference.typed:
        message = f"{caller} has the tool {callee} without a type: the API server refuses the whole Agent"
        yield Finding(DANGLING, message, "add type: Agent", (cause,), caller, callee, "", LAYER, ERROR)
    if judged and (caller, callee) not in wanted:
        message = f"{caller} to {callee}: has it as a tool, and no link asks for that"
        yield Finding(EXCESS, message, "add an AgentLink, or take the tool out", (cause,), caller, callee, layer=LAYER)
    if callee not in wiring.agents:
        if (caller, callee) not in wanted:
            message = f"{caller} has the tool {callee}, and no manifest shows that agent: kagent refuses the caller"
            yield Finding(DANGLING, message, "add its manifest, or correct the name", (cause,), layer=LAYER)
    elif not wiring.admits(caller, callee):
        consent = _cause(wiring.agents[callee], ("spec", "allowedNamespaces"))
        message = f"{caller} to {callee}: kagent refuses it, because the callee does not consent to that namespace"
        mend = f"let its allowedNamespaces select kubernetes.io/metadata.name: {caller.partition('/')[0]}"
        yield Finding(DEFICIT, message, mend, (consent, cause), caller, callee, layer=LAYER)


def _consent(
    wiring: Wiring, name: str, document: Document, wanted: dict[tuple[str, str], bool], judged: bool
) -> Iterator[Finding]:
    allowed = mapping(get(document.manifest, "spec", "allowedNamespaces"))
    cause = _cause(document, ("spec", "allowedNamespaces"))
    selector = allowed.get("selector")
    own = name.partition("/")[0]
    if allowed.get("from") == "All" or (allowed.get("from") == "Selector" and selector == {}):
        message = f"{name} consents to agents of every namespace; only the network tells them apart"
        mend = "select the callers' namespaces by kubernetes.io/metadata.name"
        yield Finding(DISAGREEMENT, message, mend, (cause,), "every namespace", name, layer=LAYER)
        return
    if allowed.get("from") != "Selector" or not judged:
        return
    callers = {caller.partition("/")[0] for caller, callee in wanted if callee == name}
    admitted = {space for space in wiring.spaces if space != own and matches(mapping(selector), wiring.spaces[space])}
    admitted |= set(_named(mapping(selector)))
    if extra := sorted(admitted - callers - {own}):
        message = f"{name} consents to agents of {', '.join(extra)}, and no link comes from there"
        yield Finding(DISAGREEMENT, message, "take them out of its selector", (cause,), layer=LAYER)
    if not _named(mapping(selector)):
        message = f"{name} consents by labels of namespaces, which whoever may label a namespace can put on"
        mend = "select by kubernetes.io/metadata.name, which the API server sets"
        yield Finding(DISAGREEMENT, message, mend, (cause,), "any namespace so labelled", name, layer=LAYER)


def _named(selector: dict[str, Any]) -> list[str]:
    from kgen.proof.endpoints import named_namespaces

    return named_namespaces(selector)


def _misplaced(name: str, document: Document) -> Iterator[Finding]:
    if "description" in mapping(get(document.manifest, "spec", "declarative")):
        cause = _cause(document, ("spec", "declarative", "description"))
        message = f"{name} has its description where kagent has no such field: it is dropped, and callers see none"
        yield Finding(DANGLING, message, "move it to spec.description", (cause,), layer=LAYER)


def missing(asked: Asked, there: set[tuple[str, str, str, str]]) -> Iterator[Finding]:
    """Objects that links define or wire and that no manifest shows."""
    for identity in asked.made:
        kinds = ("Deployment", "StatefulSet") if identity.kind != "Agent" else ("Agent",)
        if not any((_group(identity), kind, identity.namespace, identity.name) in there for kind in kinds):
            message = f"{identity} is an end of a link that kgen makes or completes, and it is not among the manifests"
            cause = Cause(Identity(*identity), Origin())
            yield Finding(DANGLING, message, "add it", (cause,), layer=LAYER, severity=ERROR)


def _group(identity: Identity) -> str:
    return identity.api_version.rpartition("/")[0]
