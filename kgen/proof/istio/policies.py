"""AuthorizationPolicy, PeerAuthentication and RequestAuthentication as values, every field of them read or reported.

istio/api 1.30, security/v1beta1. A list that is empty is one that is not set.
"""

from collections.abc import Iterator

from kgen.manifests import Document, Identity, Origin, Path, get, group_of, identity_of
from kgen.proof.networkpolicy import Doubt
from kgen.proof.selectors import faults
from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import items, labels, mapping, text

GROUP = "security.istio.io"
VERSIONS = ("security.istio.io/v1", "security.istio.io/v1beta1")
ALLOW, DENY, AUDIT, CUSTOM = "ALLOW", "DENY", "AUDIT", "CUSTOM"
STRICT, PERMISSIVE, DISABLE, UNSET = "STRICT", "PERMISSIVE", "DISABLE", "UNSET"
_SOURCE = (
    "principals",
    "namespaces",
    "serviceAccounts",
    "trustDomains",
    "ipBlocks",
    "requestPrincipals",
    "remoteIpBlocks",
)
_OPERATION = ("hosts", "ports", "methods", "paths")
_WHEN = {
    "source.ip": "ipBlocks",
    "source.namespace": "namespaces",
    "source.principal": "principals",
    "source.serviceAccount": "serviceAccounts",
    "source.trustDomain": "trustDomains",
    "destination.port": "ports",
    "request.auth.principal": "requestPrincipals",
    "request.auth.audiences": "audiences",
    "request.auth.presenter": "presenter",
}
_GATEWAYS = "gateway.networking.k8s.io"
_GROUPS = {"Service": "", "Gateway": _GATEWAYS, "GatewayClass": _GATEWAYS, "ServiceEntry": "networking.istio.io"}
PEER = ("principals", "namespaces", "serviceAccounts", "trustDomains")  # of the certificate
TOKEN = ("requestPrincipals", "audiences", "presenter")  # and "claim NAME"
# Not to be had where no request is read: such a rule never allows there, and denies without them
# (istio 1.30, pilot/pkg/security/authz/model and serviceregistry/kube/controller/ambient/authorization.go).
_HTTP = frozenset(("requestPrincipals", "remoteIpBlocks", "hosts", "methods", "paths", "audiences", "presenter"))


class Part(NamedTuple):
    """One attribute with the values that it has to have, and those that it must not have."""

    attribute: str  # a field's name, "claim NAME", or "opaque KEY" for what is not evaluated
    values: tuple[str, ...]
    refused: tuple[str, ...]
    path: Path

    @property
    def http(self) -> bool:
        return self.attribute in _HTTP or self.attribute.startswith(("claim ", "opaque "))


Parts = tuple[Part, ...]  # all of them have to hold


class Rule(NamedTuple):
    """Matches where one source, one operation and every condition do."""

    sources: tuple[Parts, ...]  # () is any
    operations: tuple[Parts, ...]  # () is any
    when: Parts
    path: Path

    @property
    def http(self) -> bool:
        """Whether it speaks of requests."""
        return any(part.http for parts in (*self.sources, *self.operations, self.when) for part in parts)


class Target(NamedTuple):
    """What a policy is attached to, by name."""

    kind: str  # Service, Gateway, GatewayClass, ServiceEntry
    name: str
    path: Path


class Scope(NamedTuple):
    """For whom an object is: a namespace (the root: all), in it the pods with these labels, or what it names."""

    identity: Identity
    origin: Origin
    layer: str
    namespace: str
    selector: dict[str, str]
    targets: tuple[Target, ...]


class Authorization(NamedTuple):
    """One AuthorizationPolicy that counts."""

    scope: Scope
    action: str
    rules: tuple[Rule, ...]


class PeerAuthentication(NamedTuple):
    """Whether callers have to show a certificate."""

    scope: Scope
    mode: str
    ports: dict[int, str]


class Jwt(NamedTuple):
    """One issuer whose tokens are verified, and where they are looked for."""

    issuer: str
    audiences: tuple[str, ...]
    keys: str  # the address of the keys, or the keys
    headers: tuple[tuple[str, str], ...]  # name, prefix; the usual one where empty
    path: Path


class RequestAuthentication(NamedTuple):
    """Whose tokens are verified."""

    scope: Scope
    rules: tuple[Jwt, ...]


def is_one(document: Document) -> bool:
    """Whether a document is one of these three kinds."""
    kinds = ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")
    manifest = document.manifest
    return manifest.get("kind") in kinds and group_of(text(manifest.get("apiVersion"))) == GROUP


class Reader:
    """Reads all of them; what is not understood goes to `doubts`."""

    def __init__(self, doubts: list[Doubt]) -> None:
        self.doubts = doubts
        self.authorizations: list[Authorization] = []
        self.customs: list[Authorization] = []  # somebody else decides; they only take away
        self.idle: list[Scope] = []  # dry runs: they change nothing
        self.peers: list[PeerAuthentication] = []
        self.requests: list[RequestAuthentication] = []

    def read(self, document: Document, layer: str) -> None:
        """One document."""
        manifest = document.manifest
        if manifest.get("apiVersion") not in VERSIONS:
            self._doubt(document, ("apiVersion",), f"is none of {' and '.join(VERSIONS)}: not evaluated")
        spec = mapping(manifest.get("spec"))
        scope = self._scope(document, layer, spec)
        if manifest["kind"] == "AuthorizationPolicy":
            self._authorization(document, scope, spec)
        elif manifest["kind"] == "PeerAuthentication":
            self._peer(document, scope, spec)
        else:
            self._fields(document, spec, {"selector", "targetRef", "targetRefs", "jwtRules"}, ("spec",))
            self.requests.append(RequestAuthentication(scope, tuple(self._jwts(document, spec))))

    def _doubt(self, document: Document, path: Path, message: str) -> None:
        self.doubts.append(Doubt(document, path, message))

    def _refused(self, document: Document, path: Path, message: str) -> None:
        self._doubt(document, path, f"{message}, so the API server refuses the object, and it does nothing")

    def _listed(self, document: Document, value: Any, path: Path) -> list[dict[str, Any]]:
        if value is not None and not (isinstance(value, list) and all(isinstance(one, dict) for one in value)):
            self._refused(document, path, "is no list of mappings")
        return items(value)

    def _strings(self, document: Document, value: Any, path: Path) -> tuple[str, ...]:
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            self._refused(document, path, "is no list of texts (a number needs quotes)")
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()

    def _fields(self, document: Document, value: dict[str, Any], known: set[str], path: Path) -> None:
        for key in value:
            if key not in known:
                kind = document.manifest["kind"]
                self._doubt(document, (*path, str(key)), f"kgen does not evaluate the field {key} of {kind}")

    def _scope(self, document: Document, layer: str, spec: dict[str, Any]) -> Scope:
        identity = identity_of(document.manifest)
        selector = mapping(spec.get("selector"))
        for at, message in faults(spec.get("selector"), ("spec", "selector")):
            self._refused(document, at, message)
        self._fields(document, selector, {"matchLabels"}, ("spec", "selector"))
        given: list[tuple[dict[str, Any], Path]] = [
            (one, ("spec", "targetRefs", i))
            for i, one in enumerate(self._listed(document, spec.get("targetRefs"), ("spec", "targetRefs")))
        ]
        if not given and isinstance(spec.get("targetRef"), dict):
            given = [(spec["targetRef"], ("spec", "targetRef"))]
        targets = []
        for one, path in given:
            kind, group = text(one.get("kind")), text(one.get("group"))
            if _GROUPS.get(kind) != ("" if group == "core" else group):
                message = f"names a {kind or 'thing'} of group {group or 'core'}, to which Istio attaches no policy"
                self._doubt(document, path, message)
                kind = ""
            targets.append(Target(kind, text(one.get("name")), path))
        if targets and selector:
            self._doubt(document, ("spec",), "has selector and targetRefs, which the API server refuses")
        return Scope(
            identity,
            document.origin,
            layer,
            identity.namespace or "default",
            labels(selector.get("matchLabels")),
            tuple(targets),
        )

    def _authorization(self, document: Document, scope: Scope, spec: dict[str, Any]) -> None:
        known = {"selector", "targetRef", "targetRefs", "rules", "action", "provider"}
        self._fields(document, spec, known, ("spec",))
        action = text(spec.get("action"), ALLOW)
        made = Authorization(scope, action, tuple(self._rules(document, spec)))
        annotations = labels(get(document.manifest, "metadata", "annotations"))
        if annotations.get("istio.io/dry-run") == "true":
            self.idle.append(scope)
        elif action in (ALLOW, DENY):
            self.authorizations.append(made)
        elif action == CUSTOM:
            message = "who decides is outside of the manifests: it may refuse what is asked for, and opens nothing"
            self._doubt(document, ("spec", "provider"), message)
            self.customs.append(made)
        elif action != AUDIT:
            self._doubt(document, ("spec", "action"), "is none of ALLOW, DENY, AUDIT, CUSTOM")

    def _rules(self, document: Document, spec: dict[str, Any]) -> Iterator[Rule]:
        for number, given in enumerate(self._listed(document, spec.get("rules"), ("spec", "rules"))):
            path: Path = ("spec", "rules", number)
            self._fields(document, given, {"from", "to", "when"}, path)
            sources = [
                self._parts(document, one, "source", _SOURCE, (*path, "from", i, "source"))
                for i, one in enumerate(self._listed(document, given.get("from"), (*path, "from")))
            ]
            operations = [
                self._parts(document, one, "operation", _OPERATION, (*path, "to", i, "operation"))
                for i, one in enumerate(self._listed(document, given.get("to"), (*path, "to")))
            ]
            when = tuple(
                self._condition(document, one, (*path, "when", i))
                for i, one in enumerate(self._listed(document, given.get("when"), (*path, "when")))
            )
            yield Rule(tuple(sources), tuple(operations), when, path)

    def _parts(
        self, document: Document, holder: dict[str, Any], side: str, known: tuple[str, ...], path: Path
    ) -> Parts:
        if not isinstance(holder.get(side, {}), dict):
            self._refused(document, path, f"is no {side}")
        found: dict[str, Part] = {}
        for key, value in mapping(holder.get(side)).items():
            plain = key[3].lower() + key[4:] if key.startswith("not") and len(key) > 4 else key
            listed = self._strings(document, value, (*path, key))
            if plain not in known:
                self._fields(document, {key: value}, set(known), path)
                plain = f"opaque {key}"
            elif plain == "ports" and any(not one.isdecimal() for one in listed):
                self._doubt(document, (*path, key), "holds what is no port, which the API server refuses")
            elif plain == "remoteIpBlocks" and listed:
                self._doubt(document, (*path, key), "kgen does not evaluate addresses that a header tells")
                plain = "opaque remote.ip"
            if not listed:
                continue
            before = found.get(plain, Part(plain, (), (), (*path, key)))
            refused = key != plain and key.startswith("not")
            found[plain] = before._replace(refused=listed) if refused else before._replace(values=listed)
        return tuple(found.values())

    def _condition(self, document: Document, given: dict[str, Any], path: Path) -> Part:
        self._fields(document, given, {"key", "values", "notValues"}, path)
        key = text(given.get("key"))
        attribute = _WHEN.get(key, "")
        if key.startswith("request.auth.claims[") and key.endswith("]"):
            attribute = f"claim {key.removeprefix('request.auth.claims')}"
        if not attribute:
            self._doubt(document, (*path, "key"), f"kgen does not evaluate the condition {key}")
            attribute = f"opaque {key}"
        values = self._strings(document, given.get("values"), (*path, "values"))
        return Part(attribute, values, self._strings(document, given.get("notValues"), (*path, "notValues")), path)

    def _peer(self, document: Document, scope: Scope, spec: dict[str, Any]) -> None:
        self._fields(document, spec, {"selector", "mtls", "portLevelMtls"}, ("spec",))
        ports = {
            int(port): text(mapping(value).get("mode"), UNSET)
            for port, value in mapping(spec.get("portLevelMtls")).items()
            if str(port).isdecimal()
        }
        if ports and not scope.selector:
            self._doubt(document, ("spec", "portLevelMtls"), "needs a selector, or the API server refuses it")
            ports = {}
        mode = text(get(spec, "mtls", "mode"), UNSET)
        if {mode, *ports.values()} - {STRICT, PERMISSIVE, DISABLE, UNSET}:
            self._refused(document, ("spec",), "holds a mode that is none of STRICT, PERMISSIVE, DISABLE, UNSET")
        self.peers.append(PeerAuthentication(scope, mode, ports))

    def _jwts(self, document: Document, spec: dict[str, Any]) -> Iterator[Jwt]:
        known = {"issuer", "audiences", "jwksUri", "jwks", "fromHeaders", "forwardOriginalToken", "timeout"}
        known |= {"outputPayloadToHeader", "outputClaimToHeaders"}
        for number, rule in enumerate(self._listed(document, spec.get("jwtRules"), ("spec", "jwtRules"))):
            path: Path = ("spec", "jwtRules", number)
            self._fields(document, rule, known, path)
            headers = tuple((text(one.get("name")), text(one.get("prefix"))) for one in items(rule.get("fromHeaders")))
            keys = text(rule.get("jwksUri")) or text(rule.get("jwks"))
            audiences = self._strings(document, rule.get("audiences"), (*path, "audiences"))
            yield Jwt(text(rule.get("issuer")), audiences, keys, headers, path)
