"""Admission, as kgen's guardrails decide it: which references between Agents it lets in, which locks hold.

Read off the objects that are shown: a rule counts where its policy is the shipped text, its binding refuses, and its
data is found. The data is held against the links entry by entry. Who else decides at the API server only takes away.
"""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, get, identity_of
from kgen.proof import guardrails
from kgen.proof.findings import DEFICIT, DISAGREEMENT, EXCESS, Cause, Finding
from kgen.proof.guardrails import LAYER, Guardrail
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, WARNING
from kgen.runtimes.shapes import mapping, text
from kgen.topology.types import Guard, Topology

ADMITTED, REFUSED = "admitted", "refused"
KEYS = ("namespace", "owned", "agents", "callees", "callers", "accounts", "pods", "podSecurity", "writers", "verdicts")
LISTS = frozenset({"agents", "callees", "callers", "accounts", "pods", "writers", "verdicts"})
# lists of references that each kind of Constraint asks
_ASKS: dict[str, tuple[str, ...]] = {"inside": ("callees",), "callers": ("callers",), "rights": ()}
# what an entry too many, and one that is missing, lets happen
EFFECTS: dict[str, tuple[str, str]] = {
    "agents": ("is governed, and no link names it", "is no longer governed: anybody may write it"),
    "accounts": ("is kept for agents that are not there", "is no longer kept for its agent: any pod may run under it"),
    "pods": ("are labels kept for agents that are not there", "are labels that any pod may carry: it is that agent"),
    "verdicts": ("is kept as a verdict, and no operator gives it", "is a verdict that anybody may put on a pod"),
    "writers": ("may write agents, and the Platform does not trust it", "may no longer write what it has to"),
}


class Rule(NamedTuple):
    """References as one binding, or one Constraint, judges them."""

    concern: str  # inside: of Agents of its namespace; callers: of Agents elsewhere to those of its namespace
    namespace: str
    data: dict[str, list[str]]
    cause: Cause

    def says(self, caller: str, callee: str) -> str:
        """admitted, refused, or "" where it does not ask: in the words of bases/admission."""
        (home, name), (there, other) = caller.split("/", 1), callee.split("/", 1)
        governed = self.data["agents"]
        if self.concern == "inside":
            if home != self.namespace:
                return ""
            if "*" not in governed and name not in governed and not (there == home and other in governed):
                return ""
            return ADMITTED if f"{name} {callee}" in self.data["callees"] else REFUSED
        if home == self.namespace or there != self.namespace or ("*" not in governed and other not in governed):
            return ""
        return ADMITTED if f"{caller} {other}" in self.data["callers"] else REFUSED


class Gates(NamedTuple):
    """What admission decides under these manifests."""

    rules: tuple[Rule, ...]
    writers: dict[str, tuple[str, ...]]  # namespace -> who alone writes its agents
    locks: dict[str, str]  # lock that holds -> where, in words
    findings: tuple[Finding, ...]

    def says(self, caller: str, callee: str) -> str:
        """Of a reference of one Agent to another: all rules have to admit it; "" where none asks."""
        said = {rule.says(caller, callee) for rule in self.rules} - {""}
        return REFUSED if REFUSED in said else ADMITTED if said else ""

    def refusing(self, caller: str, callee: str) -> list[Rule]:
        return [rule for rule in self.rules if rule.says(caller, callee) == REFUSED]


NONE = Gates((), {}, {}, ())


def read(documents: Sequence[Document], topology: Topology | None) -> Gates:
    """The gates of these manifests, with what is wrong about them."""
    given = guardrails.guardrails(documents, topology) if topology is not None else {}
    if topology is None or topology.platform.admission is None:
        return NONE._replace(findings=tuple(guardrails.findings(documents, given, topology is not None)))
    found = list(guardrails.findings(documents, given, True))
    shown = {identity_of(document.manifest).key: document for document in documents}
    name = topology.platform.name
    rules: list[Rule] = []
    writers: dict[str, tuple[str, ...]] = {}
    for guard in topology.guards:
        for concern, guardrail, data, cause in _sources(guard, name, given, shown, topology):
            if data is None:
                continue
            asks = ("callees", "callers") if cause.identity.kind == "ConfigMap" else _ASKS[concern]
            found += _data(guard, topology, data, cause, asks)
            if guard.enforced and guardrail.holds and concern in ("inside", "callers"):
                lists = {key: listed(data.get(key)) for key in LISTS}
                rules.append(Rule(concern, guard.namespace, lists, cause))
                if concern == "inside":
                    writers[guard.namespace] = tuple(lists["writers"])
    rules += _besides(documents, given, shown, name)
    gates = Gates(tuple(rules), writers, _locks(topology, given), ())
    found += _refused(gates, topology)
    return gates._replace(findings=tuple(dict.fromkeys(found)))


Source = tuple[str, Guardrail, dict[str, Any] | None, Cause]


def _sources(guard: Guard, name: str, given: Any, shown: Any, topology: Topology) -> Iterator[Source]:
    """(concern, the guardrail whose holding counts, its data, where that is) of one namespace."""
    admission = topology.platform.admission
    if admission is not None and admission.engine == "Gatekeeper":
        template = given["templates.gatekeeper.sh", "ConstraintTemplate", "", f"kgenguard-{name}"]
        for concern in ("inside", "callers", "rights"):
            key = ("constraints.gatekeeper.sh", f"kgenguard-{name}", "", f"{concern}.{guard.namespace}.{name}")
            guardrail = given[key]
            if guardrail.shown is not None:
                cause = guardrail.cause._replace(path=("spec", "parameters"))
                data = mapping(get(guardrail.shown.manifest, "spec", "parameters"))
                holds = guardrail if template.holds else guardrail._replace(paths=(("spec",),))
                yield concern, holds, data, cause
        return
    home = topology.platform.platform_namespace
    document = shown.get(("", "ConfigMap", home, f"admission.{guard.namespace}.{name}"))
    if document is None:
        return
    cause = Cause(identity_of(document.manifest), document.origin, ("data",))
    data = {key: parsed(key, value) for key, value in mapping(document.manifest.get("data")).items()}
    group = "admissionregistration.k8s.io"
    for concern, policy in (("inside", "kgen-agents"), ("callers", "kgen-callers")):
        binding = given[group, "ValidatingAdmissionPolicyBinding", "", f"{policy}.{guard.namespace}.{name}"]
        holds = given[group, "ValidatingAdmissionPolicy", "", f"{policy}.{name}"].holds
        yield concern, binding if holds else binding._replace(paths=(("spec",),)), data, cause


def parsed(key: str, value: Any) -> Any:
    return text(value).split("\n") if key in LISTS else text(value)


def listed(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


def _besides(documents: Sequence[Document], given: Any, shown: Any, name: str) -> Iterator[Rule]:
    """Bindings of kgen's policies that kgen does not render: what they refuse is refused as well."""
    for document in documents:
        manifest, identity = document.manifest, identity_of(document.manifest)
        policy = text(get(manifest, "spec", "policyName")).removesuffix(f".{name}")
        concern = {"kgen-agents": "inside", "kgen-callers": "callers"}.get(policy, "")
        if identity.kind != "ValidatingAdmissionPolicyBinding" or identity.key in given or not concern:
            continue
        if "Deny" not in (get(manifest, "spec", "validationActions") or ()):
            continue
        where = text(get(manifest, "spec", "paramRef", "namespace"))
        parameters = shown.get(("", "ConfigMap", where, text(get(manifest, "spec", "paramRef", "name"))))
        if parameters is None:
            continue
        data = mapping(parameters.manifest.get("data"))
        lists = {key: listed(parsed(key, data.get(key))) for key in LISTS}
        cause = Cause(identity, document.origin, ("spec",))
        yield Rule(concern, text(data.get("namespace")), lists, cause)


def _data(
    guard: Guard, topology: Topology, data: dict[str, Any], cause: Cause, asks: tuple[str, ...]
) -> Iterator[Finding]:
    """Where the data of a namespace is not what the links say. `asks`: where _refused tells what it lacks."""
    severity = ERROR if guard.enforced else WARNING
    space = guard.namespace

    def finding(kind: str, key: str, message: str) -> Finding:
        at = cause._replace(path=(*cause.path, key))
        mend = "render it again: it is made of the links and the Platform"
        return Finding(kind, message, mend, (at,), layer=LAYER, severity=severity)

    for key in KEYS:
        if key not in data:
            message = f"the data of {space} lacks {key}: everything that is asked there is refused (data-missing)"
            yield finding(DEFICIT, key, message)
    edges = _edges(topology)
    inside = {f"{a.partition('/')[2]} {b}" for a, b in edges if a.partition("/")[0] == space}
    outside = {f"{a} {b.partition('/')[2]}" for a, b in edges if b.partition("/")[0] == space}
    for key, wanted in (("callees", inside), ("callers", outside)):
        for extra in sorted({*listed(data.get(key))} - wanted):
            message = f"the data of {space} admits the reference {extra!r}, and no link asks for that"
            yield finding(EXCESS, key, message)
        if key not in asks or not guard.enforced:
            for lost in sorted(wanted - {*listed(data.get(key))}) if key in data else ():
                yield finding(DISAGREEMENT, key, f"the data of {space} lacks {lost!r}, which a link asks for")
    admission = topology.platform.admission
    trusted = admission.trusted_writers if admission else ()
    for key, given in (
        ("agents", guard.agents),
        ("accounts", guard.accounts),
        ("pods", guard.pods),
        ("writers", trusted),
        ("verdicts", admission.verdicts if admission else ()),
    ):
        there = {*listed(data.get(key))}
        many, few = EFFECTS[key]
        for extra in sorted(there - {*given}):
            yield finding(EXCESS if key == "writers" else DISAGREEMENT, key, f"in {space}, {extra} {many}")
        for lost in sorted({*given} - there) if key in data else ():
            yield finding(DEFICIT if key == "writers" else EXCESS, key, f"in {space}, {lost} {few}")
    for key, plain in (("namespace", space), ("owned", guard.owned), ("podSecurity", guard.pod_security)):
        value = data.get(key)
        if key in data and value != plain and value != str(plain).lower():
            message = f"the data of {space} says {key}: {str(value)[:40]!r}, and it is {str(plain).lower()!r}"
            yield finding(DISAGREEMENT, key, message)


def _edges(topology: Topology) -> list[tuple[str, str]]:
    """The links that are a reference between kagent Agents, which admission judges; an image of one's own has none."""
    byo = {f"{agent.namespace}/{agent.name}" for agent in topology.agents if agent.byo}
    return [
        (f"{link.caller.namespace}/{link.caller.name}", f"{link.callee.namespace}/{link.callee.name}")
        for link in topology.links
        if link.caller.kind == link.callee.kind == "Agent" and f"{link.caller.namespace}/{link.caller.name}" not in byo
    ]


def _refused(gates: Gates, topology: Topology) -> Iterator[Finding]:
    """Links whose reference is refused when the caller is applied."""
    for caller, callee in _edges(topology):
        for rule in gates.refusing(caller, callee):
            key = "callees" if rule.concern == "inside" else "callers"
            message = (
                f"{caller} to {callee}: a link asks for it, and admission refuses the reference when it is applied"
            )
            cause = rule.cause._replace(
                path=(*rule.cause.path, key) if rule.cause.path[:1] == ("data",) else rule.cause.path
            )
            mend = f"render it again: {key} has to name the pair"
            yield Finding(DEFICIT, message, mend, (cause,), caller, callee, layer=LAYER)


def _locks(topology: Topology, given: dict[tuple[str, str, str, str], Guardrail]) -> dict[str, str]:
    """The locks on the kagent controller of which every object is there and as rendered."""
    admission = topology.platform.admission
    if admission is None or not admission.enforced:
        return {}
    found = {}
    template = f"kgenlock-{topology.platform.name}"
    for lock in topology.locks:
        own = [
            one
            for one in given.values()
            if one.identity.name in (template, f"kgen-{lock.name}.{topology.platform.name}")
            or (one.identity.kind == template and one.identity.name == f"{lock.name}.{topology.platform.name}")
        ]
        if own and all(one.holds for one in own):
            spared = ", ".join(admission.observed)
            found[lock.name] = (
                f"in {', '.join(admission.enforced)}"
                if lock.extent == "ManagedNamespaces"
                else "in the whole cluster" + (f" but {spared}, under Observe" if spared else "")
            )
    return found
