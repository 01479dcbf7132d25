"""Rules that refuse, and say something else than before. What is not evaluated fails closed: that it changed widens."""

from collections.abc import Callable, Iterator

from kgen.compare.differences import GUARDRAIL, Access
from kgen.compare.fields import leaves
from kgen.compare.objects import Differing, Pair
from kgen.compare.sides import Side
from kgen.manifests import Document, Manifest, Path, get, group_of, path_text
from kgen.proof.asked import references
from kgen.proof.pods import pods
from kgen.records import Any

NOTHING, TOLD, HELD = "nothing", "told", "held"
"""Of a change of a policy of the mesh: it opens nothing by itself; something that is told as traffic; or only what
makes no difference as all else stands: the network, policies of another action, plain text that goes around it."""

_CHANGED = "guardrail changed, not judged"
_ADMISSION = "admissionregistration.k8s.io"
_CERTIFICATES = "cert-manager.io"
# what decides in objects that are not evaluated, by group and kind; the kind "" is any
_DECIDING: dict[tuple[str, str], tuple[str, ...]] = {
    (_ADMISSION, "ValidatingAdmissionPolicy"): (
        *("validations", "matchConditions", "matchConstraints", "variables", "paramKind"),
    ),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): (
        *("policyName", "paramRef.name", "paramRef.namespace", "paramRef.selector", "matchResources"),
    ),
    ("templates.gatekeeper.sh", "ConstraintTemplate"): ("targets",),
    ("constraints.gatekeeper.sh", ""): ("match",),
    (_CERTIFICATES, "Certificate"): ("issuerRef", "isCA", "usages", "dnsNames", "commonName", "uris"),
    (_CERTIFICATES, "Issuer"): ("ca", "selfSigned", "vault", "acme", "venafi"),
    (_CERTIFICATES, "ClusterIssuer"): ("ca", "selfSigned", "vault", "acme", "venafi"),
    ("trust.cert-manager.io", "Bundle"): ("sources",),
    ("spire.spiffe.io", "ClusterSPIFFEID"): (
        "spiffeIDTemplate",
        "podSelector",
        "namespaceSelector",
        "dnsNameTemplates",
    ),
    ("security.istio.io", "RequestAuthentication"): ("jwtRules",),
    ("networking.istio.io", "EnvoyFilter"): ("configPatches", "workloadSelector"),
    ("networking.istio.io", "DestinationRule"): ("host", "trafficPolicy", "subsets"),
}
_WEBHOOKS = ("clientConfig", "rules", "namespaceSelector", "objectSelector", "matchConditions")
# what the topology says of an agent that these objects are made of: told as a term of the link
_TERMS = {"RequestAuthentication": "token", "EnvoyFilter": "limits", "DestinationRule": "limits"}


def rewritten(
    base: Side, head: Side, found: Differing, team: Callable[[str], str], status: Callable[[Pair], str]
) -> Iterator[Access]:
    """A line for each object."""
    for pair in found.pairs.values():
        if pair.key[1] == "AuthorizationPolicy":
            lost = _of_mesh(base, head, pair, status(pair))
        elif pair.before is not None and pair.after is not None:
            lost = _unjudged(base, head, pair, pair.before, pair.after)
        else:
            continue
        if lost:
            identity = pair.item.identity
            place = identity.namespace or str(identity)
            yield Access(
                True, GUARDRAIL, team(identity.namespace), "", place, "", f"{identity}: {lost}", (str(identity),)
            )


def _of_mesh(base: Side, head: Side, pair: Pair, comes_to: str) -> str:
    if pair.after is None or comes_to in (NOTHING, TOLD):
        return ""
    held = comes_to == HELD
    if pair.before is None:
        # one that kgen makes comes of links, and they are told
        lost = "new, and lets in what the mesh kept out" if held and not pair.item.layer else ""
    else:
        lost = _no_longer_denied(base, head, pair) or _newly_allowed(base, head, pair, held)
    return f"{lost}; as all else stands, it opens nothing more" if lost and held else lost


def _unjudged(base: Side, head: Side, pair: Pair, before: Manifest, after: Manifest) -> str:
    """What of an object changed that decides, and is not evaluated."""
    group, kind = group_of(pair.item.identity.api_version), pair.key[1]
    if group == _ADMISSION and kind.endswith("WebhookConfiguration"):
        return f"{_CHANGED}: what it is asked about, or who decides" if _hooks(before) != _hooks(after) else ""
    fields = _DECIDING.get((group, kind)) or _DECIDING.get((group, ""), ())
    changed = [field for field in fields if _field(before, field) != _field(after, field)]
    return f"{_CHANGED} ({', '.join(changed)}): read it" if changed and not _is_term(base, head, pair) else ""


def _field(manifest: Manifest, field: str) -> Any:
    return get(manifest, "spec", *field.split("."))


def _hooks(manifest: Manifest) -> list[tuple[object, ...]]:
    hooks = manifest.get("webhooks")
    return [
        (hook.get("name"), *(hook.get(field) for field in _WEBHOOKS))
        for hook in (hooks if isinstance(hooks, list) else [])
        if isinstance(hook, dict)
    ]


def _is_term(base: Side, head: Side, pair: Pair) -> bool:
    """Whether it follows from a term of an agent of its namespace, which is told as that."""
    term = _TERMS.get(pair.key[1])
    if term is None or pair.item.layer != "mesh" or base.topology is None or head.topology is None:
        return False
    was, now = (
        {agent.name: getattr(agent, term) for agent in side.agents if agent.namespace == pair.key[2]}
        for side in (base.topology, head.topology)
    )
    return was != now


def _no_longer_denied(base: Side, head: Side, pair: Pair) -> str:
    """What a DENY policy leaves out now. Accounts that went with their agents are not missed."""
    assert pair.before is not None
    assert pair.after is not None
    actions = [get(manifest, "spec", "action", default="ALLOW") for manifest in (pair.before, pair.after)]
    if "DENY" not in actions:
        return ""
    if actions[1] != "DENY":
        return f"its action is {actions[1]}, was DENY"
    old, new = _conditions(pair.before), _conditions(pair.after)
    missing = {
        (path, value)
        for path, value in old - new
        if not _is_exception(path) and not (path[-1] == "principals" and _went(base, head, str(value)))
    }
    excepted = {(path, value) for path, value in new - old if _is_exception(path)}
    if not missing and not excepted:
        return ""
    values = [str(value) for _, value in sorted(missing | excepted, key=str)]
    shown = ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")
    return f"denies less: {shown}"


def _newly_allowed(base: Side, head: Side, pair: Pair, held: bool) -> str:
    """What an ALLOW policy lets in now. Callers that kgen itself writes come of links, which are told by name; unless
    something else holds them back."""
    assert pair.before is not None
    assert pair.after is not None
    if get(pair.after, "spec", "action", default="ALLOW") != "ALLOW":
        return ""
    old, new = _conditions(pair.before), _conditions(pair.after)
    linked = _linked(base, head) if pair.item.layer and not held else None
    # a field that no rule had before is one more condition, unless it came with a rule of its own
    fields = {path for path, _ in old}
    rules = [get(manifest, "spec", "rules", default=[]) for manifest in (pair.before, pair.after)]
    another = all(isinstance(one, list) for one in rules) and len(rules[1]) > len(rules[0])
    more = {
        (path, value)
        for path, value in new - old
        if path[0] == "rules"
        and (another or path in fields)
        and not _is_exception(path)
        and not (linked is not None and _is_told(path, str(value), linked, head.topology is not None))
    }
    more |= {(path, value) for path, value in old - new if _is_exception(path)}
    asked = fields - {path for path, _ in new}
    told = [str(value) for _, value in sorted(more, key=str)]
    told += [f"{path_text(path)} is asked no more" for path in sorted(asked, key=str) if not _is_exception(path)]
    shown = ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")
    return f"allows more: {shown}" if told else ""


def _is_told(path: Path, value: str, linked: set[str], by_links: bool) -> bool:
    """Whether a caller that kgen wrote is told: with links, every one; else that of a reference that is new."""
    return path[-1] in ("principals", "namespaces") and (by_links or value.partition("/")[2] in linked)


def _linked(base: Side, head: Side) -> set[str]:
    """ns/NAMESPACE/sa/ACCOUNT of the callers of references between Agents that are new."""
    if head.topology is not None:
        return set()
    edges = [{(caller, callee) for caller, callee, _ in references(_agents(side))} for side in (base, head)]
    callers = {caller for caller, _ in edges[1] - edges[0]}
    shown = pods(_agents(head))
    return {f"ns/{p.namespace}/sa/{p.service_account}" for p in shown if f"{p.namespace}/{p.identity.name}" in callers}


def _agents(side: Side) -> list[Document]:
    made = (item for key, item in side.items.items() if key[:2] == ("kagent.dev", "Agent"))
    return [Document(item.build(), item.origin) for item in made]


def _conditions(manifest: Manifest) -> set[tuple[Path, Any]]:
    spec = get(manifest, "spec", default={})
    return {(path, value) for path, value in leaves({key: spec.get(key) for key in ("rules", "selector")})}


def _is_exception(path: Path) -> bool:
    return isinstance(path[-1], str) and path[-1].startswith("not")


def _went(base: Side, head: Side, principal: str) -> bool:
    parts = principal.split("/")
    if len(parts) < 4 or parts[-4] != "ns" or parts[-2] != "sa":
        return False
    key = ("", "ServiceAccount", parts[-3], parts[-1])
    return key in base.items and key not in head.items
