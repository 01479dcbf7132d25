"""What closes something, read off single objects as facts with a level: lower on the new side is a widening.

A fact is named by what it is about, not by the object that states it, so that a default-deny under another name, or in
two policies instead of one, is still there.
"""

from collections.abc import Iterator

from kgen.manifests import Manifest, get, group_of, identity_of
from kgen.proof.networkpolicy import API_VERSION as NETWORK_POLICY
from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import items, labels, mapping, text

PSA = "pod-security.kubernetes.io/enforce"
_PSA = {"restricted": 3, "baseline": 2, "privileged": 1}
_MTLS = {"STRICT": 4, "UNSET": 3, "PERMISSIVE": 2, "DISABLE": 1}
_GATEKEEPER = {"deny": 4, "scoped": 3, "warn": 2, "dryrun": 1}
_MESH_LABELS = ("istio-injection", "istio.io/rev", "istio.io/dataplane-mode")


class Level(NamedTuple):
    """How much of something there is: words for people, and a number to compare."""

    words: str
    height: int
    pods: dict[str, Any] | None = None  # a selector: without such pods there is nothing to close any more
    lasting: bool = True  # that its object goes takes something away; else nothing is left that it was about
    by_mesh: bool = False  # the mesh's own evaluation says what it comes to


Levels = dict[tuple[str, str], Level]  # (namespace or "", what it is about) -> level


def levels_of(manifest: Manifest) -> Iterator[tuple[tuple[str, str], Level]]:
    """What one object closes."""
    identity = identity_of(manifest)
    reader = _READERS.get((group_of(identity.api_version), identity.kind))
    if reader is not None:
        yield from reader(manifest, identity.namespace, identity.name)
    elif group_of(identity.api_version) == "constraints.gatekeeper.sh":
        action = text(get(manifest, "spec", "enforcementAction"), "deny")
        yield ("", f"Gatekeeper {identity.kind} {identity.name}"), Level(action, _GATEKEEPER.get(action, 1))


def _network(manifest: Manifest, namespace: str, _: str) -> Iterator[tuple[tuple[str, str], Level]]:
    spec = mapping(manifest.get("spec"))
    if manifest.get("apiVersion") != NETWORK_POLICY or mapping(spec.get("podSelector")):
        return
    given = spec.get("policyTypes")
    ways = given if isinstance(given, list) and given else ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    for way, field in (("Ingress", "ingress"), ("Egress", "egress")):
        if way in ways and not spec.get(field):
            yield (namespace, f"default-deny of {field}"), Level("for every pod", 1)


def _namespace(manifest: Manifest, _: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    own = labels(get(manifest, "metadata", "labels"))
    level = own.get(PSA, "")
    if level:
        yield (name, "Pod Security"), Level(level, _PSA.get(level, 1))
    if any(own.get(label, "disabled") not in ("disabled", "none") for label in _MESH_LABELS):
        yield (name, "the mesh"), Level("in it", 1)


def _peers(manifest: Manifest, namespace: str, _: str) -> Iterator[tuple[tuple[str, str], Level]]:
    spec = mapping(manifest.get("spec"))
    chosen = labels(get(spec, "selector", "matchLabels"))
    whom = " of " + ", ".join(f"{key}={value}" for key, value in sorted(chosen.items())) if chosen else ""
    mode = text(get(spec, "mtls", "mode"), "UNSET")
    yield (namespace, f"mutual TLS{whom}"), Level(mode, _MTLS.get(mode, 1))
    for port, given in mapping(spec.get("portLevelMtls")).items():
        own = text(get(given, "mode"), "UNSET")
        yield (namespace, f"mutual TLS{whom}, port {port}"), Level(own, _MTLS.get(own, 1))


def _authorization(manifest: Manifest, namespace: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    spec = mapping(manifest.get("spec"))
    action = text(spec.get("action"), "ALLOW")
    rules = items(spec.get("rules"))
    if action == "ALLOW" and not rules and "selector" not in spec and not spec.get("targetRefs"):
        yield (namespace, "allow-nothing of the mesh"), Level("for every pod", 1)
    pods = spec.get("selector") if isinstance(spec.get("selector"), dict) else None
    if action in ("DENY", "CUSTOM"):
        yield (namespace, f"{action} of AuthorizationPolicy {name}"), Level("there", 1, pods)
    if action == "ALLOW" and rules:
        yield (namespace, f"callers by AuthorizationPolicy {name}"), Level("limited", 1, pods or {}, False, True)
    asking = sum(map(_asks_for_token, rules))
    if action == "ALLOW" and asking:
        about = f"a token, by AuthorizationPolicy {name}"
        yield (
            (namespace, about),
            Level(f"in {asking} of {len(rules)} rules", 1 + (asking == len(rules)), pods, True, True),
        )


def _asks_for_token(rule: dict[str, Any]) -> bool:
    if any(text(one.get("key")).startswith("request.auth.") for one in items(rule.get("when"))):
        return True
    sources = items(rule.get("from"))
    return bool(sources) and all(get(one, "source", "requestPrincipals") for one in sources)


def _token(manifest: Manifest, namespace: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    chosen = get(manifest, "spec", "selector")
    yield (namespace, f"RequestAuthentication {name}"), Level("there", 1, chosen if isinstance(chosen, dict) else None)


def _policy(manifest: Manifest, _: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    failing = text(get(manifest, "spec", "failurePolicy"), "Fail")
    yield ("", f"{manifest['kind']} {name}"), Level(f"failurePolicy {failing}", 2 if failing == "Fail" else 1)


def _binding(manifest: Manifest, _: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    actions = get(manifest, "spec", "validationActions", default=[])
    told = ", ".join(map(str, actions)) if isinstance(actions, list) else ""
    denies = isinstance(actions, list) and "Deny" in actions
    yield ("", f"{manifest['kind']} {name}"), Level(told or "nothing", 2 if denies else 1)
    missing = text(get(manifest, "spec", "paramRef", "parameterNotFoundAction"))
    if missing:
        words = f"parameterNotFoundAction {missing}"
        yield ("", f"{manifest['kind']} {name}, without parameters"), Level(words, 2 if missing == "Deny" else 1)


def _webhook(manifest: Manifest, _: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    for hook in items(manifest.get("webhooks")):
        failing = text(hook.get("failurePolicy"), "Fail")
        about = f"{manifest['kind']} {name}, {text(hook.get('name'))}"
        yield ("", about), Level(f"failurePolicy {failing}", 2 if failing == "Fail" else 1)


def _template(manifest: Manifest, _: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    yield ("", f"{manifest['kind']} {name}"), Level("there", 1)


def _account(manifest: Manifest, namespace: str, name: str) -> Iterator[tuple[tuple[str, str], Level]]:
    if manifest.get("automountServiceAccountToken") is False:
        yield (namespace, f"ServiceAccount {name}"), Level("no token in its pods", 1, lasting=False)


_ADMISSION = "admissionregistration.k8s.io"
_MESH = "security.istio.io"
_READERS = {
    ("networking.k8s.io", "NetworkPolicy"): _network,
    ("", "Namespace"): _namespace,
    ("", "ServiceAccount"): _account,
    (_MESH, "PeerAuthentication"): _peers,
    (_MESH, "AuthorizationPolicy"): _authorization,
    (_MESH, "RequestAuthentication"): _token,
    (_ADMISSION, "ValidatingAdmissionPolicy"): _policy,
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): _binding,
    (_ADMISSION, "ValidatingWebhookConfiguration"): _webhook,
    (_ADMISSION, "MutatingWebhookConfiguration"): _webhook,
    ("templates.gatekeeper.sh", "ConstraintTemplate"): _template,
}
