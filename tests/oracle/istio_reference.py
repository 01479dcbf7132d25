"""What Istio lets through, one request at a time: its API documentation turned into the plainest code.

Kept apart from kgen: it imports nothing of it, keeps no sets and no classes, asks every rule anew for every request.
Texts: istio.io/docs/reference/config/security/{authorization-policy,peer_authentication,conditions},
istio.io/docs/concepts/security (Authorization policy precedence), istio.io/docs/ambient/usage/{l4-policy,l7-features,
waypoint}. Services have the port numbers of their pods here: at a waypoint a policy's ports are the Service's.
"""

import ipaddress
import re
from typing import Any, NamedTuple

ROOT = "istio-system"


class Workload(NamedTuple):
    namespace: str
    name: str
    labels: dict[str, str]
    account: str
    mode: str  # sidecar, ambient, or "" outside of the mesh
    address: str


class Token(NamedTuple):
    """A token whose signature is good."""

    issuer: str
    subject: str
    role: str  # of the claim `role`; "" where it has none


class Request(NamedTuple):
    method: str
    path: str
    token: Token | None = None


class Service(NamedTuple):
    namespace: str
    name: str
    selector: dict[str, str]
    waypoint: tuple[str, str]  # namespace and name of the Gateway that its label istio.io/use-waypoint means


class Waypoint(NamedTuple):
    """A Gateway of class istio-waypoint, with its one pod."""

    name: str
    pod: Workload


class Mesh(NamedTuple):
    trust_domain: str
    authorizations: list[dict[str, Any]]
    peers: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    services: tuple[Service, ...] = ()
    waypoints: tuple[Waypoint, ...] = ()


def peer_mode(mesh: Mesh, target: Workload, port: int) -> str:
    """ "workload-specific, namespace-wide, mesh-wide: the narrowest matching applies; UNSET inherits"."""

    def of(policy: dict[str, Any]) -> str:
        return str((policy["spec"].get("mtls") or {}).get("mode", "UNSET"))

    for policy in mesh.peers:
        selector = (policy["spec"].get("selector") or {}).get("matchLabels")
        if selector and policy["metadata"]["namespace"] == target.namespace != ROOT and _labelled(selector, target):
            levels = policy["spec"].get("portLevelMtls") or {}
            on_port = str((levels.get(port) or levels.get(str(port)) or {}).get("mode", "UNSET"))
            for mode in (on_port, of(policy)):
                if mode != "UNSET":
                    return mode
    for space in (target.namespace, ROOT):
        for policy in mesh.peers:
            wide = not (policy["spec"].get("selector") or {}).get("matchLabels")
            if wide and policy["metadata"]["namespace"] == space and of(policy) != "UNSET":
                return of(policy)
    return "PERMISSIVE"


def allows(mesh: Mesh, source: "Workload | str", target: Workload, port: int, request: Request | None) -> bool:
    """Whether a request, or (None) bytes that are no HTTP, get to a workload's own port; addresses are outside."""
    if not target.mode:
        return True
    mode = peer_mode(mesh, target, port)
    if mode == "DISABLE" and target.mode == "ambient":
        mode = "PERMISSIVE"
    named = not isinstance(source, str) and bool(source.mode) and mode != "DISABLE"
    if mode == "STRICT" and not named:
        return False
    return _authorized(mesh, source, target, port, request, named)


def allows_nameless(mesh: Mesh, source: "Workload | str", target: Workload, port: int, request: Request | None) -> bool:
    """The same where the caller keeps its certificate to itself."""
    return _authorized(mesh, source, target, port, request, False)


def waypoint_of(mesh: Mesh, service: Service, target: Workload) -> Waypoint | None:
    """The waypoint between the callers of a Service and a pod behind it, where there is one."""
    if target.mode != "ambient" or service.namespace != target.namespace or not _labelled(service.selector, target):
        return None
    return next((one for one in mesh.waypoints if (one.pod.namespace, one.name) == service.waypoint), None)


def allows_by_service(
    mesh: Mesh, source: "Workload | str", service: Service, target: Workload, port: int, request: Request | None
) -> bool:
    """Whether a request to a Service with a waypoint gets to a pod behind it.

    "Waypoint proxies enforce policies that are attached to them", and "the destination ztunnel sees the waypoint's
    identity, not the client's". Who is outside of the mesh knows of no waypoint, and goes to the pod.
    """
    waypoint = waypoint_of(mesh, service, target)
    assert waypoint is not None
    if isinstance(source, str) or not source.mode:
        return allows(mesh, source, target, port, request)
    attached = [policy for policy in mesh.authorizations if _attached(policy, service, waypoint)]
    verified = [policy for policy in mesh.requests if _attached(policy, service, waypoint)]
    facts = _Facts(mesh, source, port, request, True, False, verified)
    return facts.lets(attached) and allows(mesh, waypoint.pod, target, port, None)


def _attached(policy: dict[str, Any], service: Service, waypoint: Waypoint) -> bool:
    """By targetRefs alone: "selectors are for workloads"; a target is in the policy's own namespace, a class's policies
    are in the root namespace."""
    home = policy["metadata"]["namespace"]
    there = {
        ("Service", service.namespace, service.name),
        ("Gateway", waypoint.pod.namespace, waypoint.name),
        ("GatewayClass", ROOT, "istio-waypoint"),
    }
    return any((one["kind"], home, one["name"]) in there for one in policy["spec"].get("targetRefs", []))


def _authorized(
    mesh: Mesh, source: "Workload | str", target: Workload, port: int, request: Request | None, named: bool
) -> bool:
    reads = target.mode == "sidecar"  # "ztunnel does not support HTTP attributes"
    verified = _selecting(mesh.requests, target)
    facts = _Facts(mesh, source, port, request if reads else None, named, target.mode == "ambient", verified)
    return facts.lets(_selecting(mesh.authorizations, target))


def _selecting(policies: list[dict[str, Any]], target: Workload) -> list[dict[str, Any]]:
    return [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] in (target.namespace, ROOT)
        and "targetRefs" not in policy["spec"]
        and _labelled((policy["spec"].get("selector") or {}).get("matchLabels") or {}, target)
    ]


class _Facts:
    """One request as the policies see it."""

    def __init__(
        self,
        mesh: Mesh,
        source: "Workload | str",
        port: int,
        request: Request | None,
        named: bool,
        exact: bool,
        verifying: list[dict[str, Any]],
    ) -> None:
        self.mesh, self.port, self.request, self.exact = mesh, port, request, exact
        self.address = source if isinstance(source, str) else source.address
        self.space = self.account = ""
        if named and not isinstance(source, str):
            self.space, self.account = source.namespace, source.account
        verified = {rule["issuer"] for policy in verifying for rule in policy["spec"]["jwtRules"]}
        token = request.token if request else None
        self.token = token if token and token.issuer in verified else None

    def lets(self, policies: list[dict[str, Any]]) -> bool:
        """ "DENY before ALLOW; without any ALLOW everything else"."""
        if any(self.matches(policy, "DENY") for policy in policies):
            return False
        if not any(policy["spec"].get("action", "ALLOW") == "ALLOW" for policy in policies):
            return True
        return any(self.matches(policy, "ALLOW") for policy in policies)

    def matches(self, policy: dict[str, Any], action: str) -> bool:
        if policy["spec"].get("action", "ALLOW") != action:
            return False
        return any(self._rule(policy, rule, action) for rule in policy["spec"].get("rules") or [])

    def _rule(self, policy: dict[str, Any], rule: dict[str, Any], action: str) -> bool:
        if self.request is None and _speaks_of_requests(rule):
            if action == "ALLOW":
                return False  # "rules matching HTTP attributes are omitted"
            rule = _without_requests(rule)  # "enforced without the HTTP rules"
        home = policy["metadata"]["namespace"]
        sources = rule.get("from") or [{}]
        operations = rule.get("to") or [{}]
        return (
            any(self._source(one.get("source") or {}, home) for one in sources)
            and any(self._operation(one.get("operation") or {}) for one in operations)
            and all(self._condition(one) for one in rule.get("when") or [])
        )

    def _source(self, source: dict[str, Any], home: str) -> bool:
        checks = {
            "rincipals": self._principal,
            "amespaces": lambda value: bool(self.space) and _string(value, self.space),
            "erviceAccounts": lambda value: self._service_account(value, home),
            "pBlocks": self._block,
            "equestPrincipals": self._request_principal,
        }
        return _both(source, checks)

    def _operation(self, operation: dict[str, Any]) -> bool:
        request = self.request
        checks = {
            "orts": lambda value: int(value) == self.port,
            "ethods": lambda value: request is not None and _string(value, request.method),
            "aths": lambda value: request is not None and _path(value, request.path),
        }
        return _both(operation, checks)

    def _condition(self, condition: dict[str, Any]) -> bool:
        checks = {
            "source.namespace": lambda value: bool(self.space) and _string(value, self.space),
            "source.principal": self._principal,
            "source.ip": self._block,
            "destination.port": lambda value: int(value) == self.port,
            "request.auth.principal": self._request_principal,
            "request.auth.claims[role]": lambda value: (
                self.token is not None and bool(self.token.role) and _string(value, self.token.role)
            ),
        }
        check = checks[condition["key"]]
        values, refused = condition.get("values"), condition.get("notValues")
        if values and not any(check(value) for value in values):
            return False
        return not (refused and any(check(value) for value in refused))

    def _principal(self, value: str) -> bool:
        if not self.account:
            return False
        domain, _, rest = value.partition("/")
        if domain == "cluster.local" and not self.exact:
            value = f"{self.mesh.trust_domain}/{rest}"  # "a pointer to the local trust domain"
        return _string(value, f"{self.mesh.trust_domain}/ns/{self.space}/sa/{self.account}")

    def _service_account(self, value: str, home: str) -> bool:
        space, _, name = value.rpartition("/")
        return bool(self.account) and (space or home, name) == (self.space, self.account)

    def _request_principal(self, value: str) -> bool:
        return self.token is not None and _string(value, f"{self.token.issuer}/{self.token.subject}")

    def _block(self, value: str) -> bool:
        at, block = ipaddress.ip_address(self.address), ipaddress.ip_network(value)
        return at.version == block.version and at in block


def _both(given: dict[str, Any], checks: dict[str, Any]) -> bool:
    """Fields are ANDed, their values ORed, and `not` fields hold where no value matches."""
    for field, values in given.items():
        if not values:
            continue
        negative = field.startswith("not")
        name = field[4:] if negative else field[1:]
        hit = any(checks[name](value) for value in values)
        if hit == negative:
            return False
    return True


def _string(pattern: str, value: str) -> bool:
    """ "Exact, Prefix, Suffix and Presence match"."""
    if pattern == "*":
        return value != ""
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return pattern == value


def _path(pattern: str, value: str) -> bool:
    if "{*}" not in pattern and "{**}" not in pattern:
        return _string(pattern, value)
    expression = re.escape(pattern).replace(r"\{\*\*\}", ".*").replace(r"\{\*\}", "[^/]+")
    return re.fullmatch(expression, value) is not None


def _labelled(selector: dict[str, str], target: Workload) -> bool:
    return all(target.labels.get(key) == value for key, value in selector.items())


_HTTP = ("methods", "notMethods", "paths", "notPaths", "requestPrincipals", "notRequestPrincipals")


def _speaks_of_requests(rule: dict[str, Any]) -> bool:
    parts = [one.get("source") or {} for one in rule.get("from") or []]
    parts += [one.get("operation") or {} for one in rule.get("to") or []]
    keys = [one["key"] for one in rule.get("when") or []]
    return any(part.get(field) for part in parts for field in _HTTP) or any(key.startswith("request.") for key in keys)


def _without_requests(rule: dict[str, Any]) -> dict[str, Any]:
    def kept(one: dict[str, Any]) -> dict[str, Any]:
        return {field: value for field, value in one.items() if field not in _HTTP}

    return {
        "from": [{"source": kept(one.get("source") or {})} for one in rule.get("from") or []],
        "to": [{"operation": kept(one.get("operation") or {})} for one in rule.get("to") or []],
        "when": [one for one in rule.get("when") or [] if not one["key"].startswith("request.")],
    }
