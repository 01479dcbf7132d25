"""Names in Istio's objects that lead nowhere, tokens that are verified otherwise than asked, objects without effect."""

import json
from collections.abc import Iterator

from kgen.manifests import identity_of
from kgen.proof.findings import DANGLING, DEFICIT, DISAGREEMENT, EXCESS, NOT_UNDERSTOOD, Cause, Finding
from kgen.proof.istio.deficits import LAYER, of_scope
from kgen.proof.istio.identities import CLUSTER
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.members import AMBIENT, SIDECAR
from kgen.proof.istio.policies import DENY, Jwt
from kgen.proof.istio.roads import Road, of_call
from kgen.proof.naming import ends
from kgen.proof.spaces import bits
from kgen.topology.types import Token

_BEARER = (("Authorization", "Bearer "),)  # where Istio looks where nothing else is said


def findings(layer: MeshLayer) -> Iterator[Finding]:
    """All of them."""
    yield from _principals(layer)
    yield from _selectors(layer)
    yield from _tokens(layer)
    yield from _too_wide(layer)
    for scope in layer.mesh.read.idle:
        message = "is a dry run: Istio logs what it would do, and enforces nothing"
        mend = "take the annotation istio.io/dry-run out"
        yield Finding(DISAGREEMENT, message, mend, (of_scope(scope, "metadata", "annotations"),), layer=LAYER)
    for group in layer.ambiguous_peers():
        names = ", ".join(str(one.scope.identity) for one in group)
        message = f"{names} are for the same pods, and Istio takes the oldest, which manifests do not tell"
        causes = tuple(of_scope(one.scope, "spec") for one in group)
        yield Finding(NOT_UNDERSTOOD, message, "keep one", causes, layer=LAYER)


def known_accounts(layer: MeshLayer) -> dict[str, set[str]]:
    """Accounts by namespace, of those that manifests show or the Platform names."""
    found: dict[str, set[str]] = {}
    for document in layer.mesh.documents:
        if document.manifest.get("kind") == "ServiceAccount":
            identity = identity_of(document.manifest)
            found.setdefault(identity.namespace or "default", {"default"}).add(identity.name)
    for one in layer.world.endpoints:
        if one.pod is not None:
            found.setdefault(one.pod.namespace, {"default"}).add(one.pod.service_account)
    for _, account in layer.mesh.asked.mesh.accounts:
        found.setdefault(account.namespace, {"default"}).add(account.name)
    return found


def _principals(layer: MeshLayer) -> Iterator[Finding]:
    known = known_accounts(layer)
    own = layer.mesh.trust_domain
    for policy, value, path in layer.mesh.principals():
        cause = Cause(policy.scope.identity, policy.scope.origin, path)
        if value.startswith("spiffe://"):
            message = f"names {value}: Istio puts spiffe:// before a principal itself, so this one matches nobody"
            mend = f"write {value.removeprefix('spiffe://')}"
            yield Finding(DANGLING, message, mend, (cause,), layer=LAYER)
            continue
        domain, _, rest = value.partition("/")
        words = rest.split("/")
        if "*" in value or len(words) != 4 or (words[0], words[2]) != ("ns", "sa"):
            if "*" not in value:
                message = f"names {value}, which is no principal: one is TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT"
                yield Finding(DANGLING, message, "correct it", (cause,), layer=LAYER)
            continue
        if domain not in (own, CLUSTER):
            message = f"names a principal of trust domain {domain}, and that of this mesh is {own}"
            yield Finding(DANGLING, message, f"write {own}/{rest}", (cause,), layer=LAYER)
        space, name = words[1], words[3]
        if space in known and name not in known[space]:
            there = ", ".join(sorted(known[space] - {"default"})) or "default"
            message = f"names ServiceAccount {space}/{name}, and none of that name is known: it lets nobody through"
            mend = f"name the account that the caller runs under; in {space} there are {there}"
            yield Finding(DANGLING, f"{message}, unless somebody makes it", mend, (cause,), layer=LAYER)


def _selectors(layer: MeshLayer) -> Iterator[Finding]:
    world = layer.world
    there = world.index.known
    for question in world.asked.questions:
        there |= world.means((*question.sources, *question.targets), True)
    shown = {one.pod.namespace for one in world.endpoints if one.pod is not None}
    spaces = {name.partition("/")[0] for name in layer.mesh.services}
    for scope in layer.mesh.scopes():
        if scope.selector and scope.namespace in shown and not world.index.subjects(layer.mesh.term(scope)) & there:
            message = f"selects no pod of {scope.namespace}: none that is known there has these labels"
            labels = _labels_of(layer, scope.namespace)
            mend = f"correct the selector{labels}"
            yield Finding(DANGLING, message, mend, (of_scope(scope, "spec", "selector"),), layer=LAYER)
        for target in scope.targets:
            cause = Cause(scope.identity, scope.origin, target.path)
            if target.kind == "Service" and scope.namespace in spaces:
                service = layer.mesh.services.get(f"{scope.namespace}/{target.name}")
                if service is None:
                    message = f"is attached to Service {scope.namespace}/{target.name}, which nothing shows"
                    yield Finding(DANGLING, message, "correct the name", (cause,), layer=LAYER)
                elif tuple(service.waypoint.split("/", 1)) not in layer.waypoints:
                    message = f"is attached to Service {service.name}, which has no waypoint: nothing enforces it"
                    mend = "label the Service or its namespace istio.io/use-waypoint, or select pods"
                    yield Finding(DANGLING, message, mend, (cause,), layer=LAYER)
            elif target.kind == "Gateway" and (scope.namespace, target.name) not in layer.waypoints:
                message = f"is attached to Gateway {scope.namespace}/{target.name}, which is no waypoint shown here"
                yield Finding(DANGLING, message, "correct the name, or add the Gateway", (cause,), layer=LAYER)
    for policy in layer.mesh.read.authorizations:
        if policy.scope.targets or not any(rule.http for rule in policy.rules):
            continue
        subjects = world.index.subjects(layer.mesh.term(policy.scope))
        if any(layer.mode(position) == AMBIENT for position in bits(subjects & there)):
            does = "refuses more than it says" if policy.action == DENY else "never allows by these rules"
            at = next(rule.path for rule in policy.rules if rule.http)
            cause = Cause(policy.scope.identity, policy.scope.origin, at)
            message = f"speaks of requests, and selects pods in ambient mode, where no request is read: it {does}"
            mend = "attach it to the Service (targetRefs), behind a waypoint"
            yield Finding(DISAGREEMENT, message, mend, (cause,), layer=LAYER)


def _too_wide(layer: MeshLayer) -> Iterator[Finding]:
    """kgen's own objects that are for pods which nobody means."""
    world = layer.world
    bearing = 0
    for call in layer.mesh.calls:
        if call.token is not None:
            bearing |= world.asks((call.target,), False)
    tokens = {one.scope.identity for one in layer.mesh.read.requests}
    of_others = {term.namespace for term in world.asked.guarded_ingress}
    for scope in layer.mesh.scopes():
        # of a namespace, on purpose
        whole = not scope.selector and scope.identity not in tokens and scope.namespace not in of_others
        if not scope.layer or scope.targets or whole or not world.asked.guarded:
            continue
        subjects = world.index.subjects(layer.mesh.term(scope))
        if extra := subjects & ~(bearing if scope.identity in tokens else world.guarded_in):
            message = f"is for {ends(world, extra)} as well, which nobody asks for"
            cause = of_scope(scope, "spec", "selector")
            yield Finding(DISAGREEMENT, message, "select exactly the pods that are meant", (cause,), layer=LAYER)


def _labels_of(layer: MeshLayer, namespace: str) -> str:
    for one in layer.world.endpoints:
        if one.pod is not None and one.namespace == namespace and layer.mode(layer.world.endpoints.index(one)):
            keep = {key: value for key, value in one.labels.items() if key in ("app", "kagent")} or one.labels
            return f"; {one.name} has {', '.join(f'{key}={value}' for key, value in sorted(keep.items()))}"
    return ""


def _tokens(layer: MeshLayer) -> Iterator[Finding]:
    seen = set()
    for call in layer.mesh.calls:
        if call.token is None:
            continue
        for target in bits(layer.world.asks((call.target,), True)):
            road = of_call(layer, call, target)
            if road is None or (call.callee, target) in seen:
                continue
            seen.add((call.callee, target))
            yield from _verified(layer, call.callee, call.token, road)


def _verified(layer: MeshLayer, callee: str, token: Token, road: Road) -> Iterator[Finding]:
    """Whether tokens are taken as the grant says: by issuer, audience, key, header."""
    service = layer.mesh.services.get(road.service)
    there = layer.service_verifying(service) if service else layer.verifying(road.target)
    found: list[tuple[Cause, Jwt]] = []
    for one in there:
        if layer.mode(road.target) == SIDECAR or road.service:
            found += [(Cause(one.scope.identity, one.scope.origin, jwt.path), jwt) for jwt in one.rules]
    for cause, jwt in found:
        if jwt.issuer != token.issuer:
            continue
        wanted, given = set(token.audiences), set(jwt.audiences)
        what = f"{callee}: tokens of {token.issuer}"
        if not given or given - wanted:
            for_whom = ", ".join(sorted(given - wanted)) or "any audience"
            message = f"{what} that are for {for_whom} are taken, and its grant does not say so"
            yield _token(EXCESS, message, f"audiences: {', '.join(sorted(wanted))}", cause, callee)
        if given and wanted - given:
            message = f"{what} for {', '.join(sorted(wanted - given))} are asked for, and refused"
            yield _token(DEFICIT, message, f"audiences: {', '.join(sorted(wanted))}", cause, callee)
        if not _same_keys(token, jwt.keys):
            message = f"{what} are verified with other keys than its grant names"
            yield _token(EXCESS, message, "the keys of the grant", cause, callee)
        headers = jwt.headers or _BEARER
        if (token.header, token.prefix) not in headers:
            message = f"{what} come in the header {token.header}, and are not looked for there: none is found"
            yield _token(DEFICIT, message, f"fromHeaders: {token.header}", cause, callee)
        for name, _ in headers:
            if name != token.header:
                message = f"{what} are looked for in the header {name} too, and its grant does not say so"
                yield _token(EXCESS, message, "take it out", cause, callee)


def _token(kind: str, message: str, mend: str, cause: Cause, callee: str) -> Finding:
    return Finding(kind, message, mend, (cause,), "", callee, "", LAYER)


def _same_keys(token: Token, keys: str) -> bool:
    if token.jwks_uri:
        return keys == token.jwks_uri
    try:
        return bool(json.loads(keys) == token.jwks)
    except ValueError:
        return False
