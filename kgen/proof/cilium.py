"""CiliumNetworkPolicy, as far as kgen writes it: egress to DNS names, the rule that sends lookups to the proxy, and the
API server.

Everything else in one is reported as not understood: a rule that is read wrongly proves nothing. Its allowing rules
add up with those of NetworkPolicies (Cilium 1.18, Documentation/network/kubernetes/policy.rst).
"""

from kgen.manifests import Document, Path, identity_of
from kgen.proof.networkpolicy import Doubt
from kgen.proof.selectors import faults
from kgen.proof.terms import API_SERVER, EGRESS, PROTOCOLS, HostTerm, PodTerm, Policy, PortTerm, Rule, Term
from kgen.records import Any
from kgen.runtimes.shapes import items, labels, mapping, text

API_VERSION = "cilium.io/v2"
KIND = "CiliumNetworkPolicy"
_NAMESPACE = "io.kubernetes.pod.namespace"


def is_one(document: Document) -> bool:
    manifest = document.manifest
    return manifest.get("kind") == KIND and manifest.get("apiVersion") == API_VERSION


def read(document: Document, layer: str, doubts: list[Doubt]) -> Policy:
    """The policy of a document, as far as it is understood; the rest goes to `doubts`."""
    identity = identity_of(document.manifest)
    namespace = identity.namespace or "default"
    spec = mapping(document.manifest.get("spec"))

    def doubt(path: Path, what: str) -> None:
        doubts.append(Doubt(document, path, f"kgen does not evaluate {what} of a CiliumNetworkPolicy"))

    def fields(value: dict[str, Any], known: set[str], path: Path) -> None:
        for key in value:
            if key not in known:
                doubt((*path, str(key)), str(key))

    def pods(selector: Any, path: Path) -> PodTerm:
        found = mapping(selector)
        for at, message in faults({**found, "matchLabels": _unprefixed(found.get("matchLabels"))}, path):
            doubts.append(Doubt(document, at, f"{message}, so the API server refuses the policy"))
        fields(found, {"matchLabels"}, path)
        plain = {_plain(key): value for key, value in labels(found.get("matchLabels")).items()}
        return PodTerm(plain.pop(_NAMESPACE, namespace), {"matchLabels": plain} if plain else {})

    if "specs" in document.manifest:
        doubt(("specs",), "specs")
    if "endpointSelector" not in spec:
        doubt(("spec",), "a spec without endpointSelector")
    fields(spec, {"endpointSelector", "egress", "description"}, ("spec",))
    if not isinstance(spec.get("egress", []), list):
        doubt(("spec", "egress"), "an egress that is no list")
    rules: list[Rule] = []
    proxied: set[str] = set()  # protocols of lookups that go through Cilium's proxy
    for index, given in enumerate(items(spec.get("egress"))):
        path: Path = ("spec", "egress", index)
        fields(given, {"toFQDNs", "toEndpoints", "toEntities", "toPorts"}, path)
        peers: list[Term] = []
        for position, host in enumerate(items(given.get("toFQDNs"))):
            fields(host, {"matchName"}, (*path, "toFQDNs", position))
            if name := text(host.get("matchName")):
                peers.append(HostTerm(name.lower().rstrip(".")))
        for position, selector in enumerate(items(given.get("toEndpoints"))):
            peers.append(pods(selector, (*path, "toEndpoints", position)))
        named = given.get("toEntities")
        for position, entity in enumerate(named if isinstance(named, list) else []):
            if entity == "kube-apiserver":
                peers.append(API_SERVER)
            else:
                doubt((*path, "toEntities", position), "an entity other than kube-apiserver")
        if "toEntities" in given and ("toFQDNs" in given or "toEndpoints" in given or not isinstance(named, list)):
            doubt((*path, "toEntities"), "toEntities beside other peers")
        anybody = not given.keys() & {"toFQDNs", "toEndpoints", "toEntities"}
        if anybody and "toPorts" not in given:
            continue  # an empty rule isolates and lets nobody through
        rules.append(Rule(None if anybody else tuple(peers), _ports(given, path, fields, doubt), path))
        if anybody or peers:
            proxied |= _proxied(given)
    by_name = [rule for rule in rules if any(_is_name(peer) for peer in rule.peers or ())]
    if by_name and not {"TCP", "UDP"} <= proxied:
        # toFQDNs knows only addresses that lookups through the proxy gave (Cilium, security/policy/language.rst)
        at = by_name[0].path
        missing = "toFQDNs without a rule beside it that sends lookups by UDP and TCP to Cilium's proxy (rules.dns)"
        doubts.append(Doubt(document, at, f"{missing} lets nothing through"))
        rules = [rule for rule in rules if rule not in by_name]
    return Policy(
        identity,
        document.origin,
        pods(spec.get("endpointSelector"), ("spec", "endpointSelector")),
        (EGRESS,) if "egress" in spec else (),
        (),
        tuple(rules),
        layer,
        ("spec", "endpointSelector"),
    )


def _is_name(peer: Term) -> bool:
    return isinstance(peer, HostTerm) and peer != API_SERVER


def _ports(rule: dict[str, Any], path: Path, fields: Any, doubt: Any) -> tuple[PortTerm, ...] | None:
    if not rule.get("toPorts"):
        return None
    found = []
    for index, given in enumerate(items(rule.get("toPorts"))):
        at: Path = (*path, "toPorts", index)
        fields(given, {"ports", "rules"}, at)
        if (seven := mapping(given.get("rules"))) and seven != {"dns": [{"matchPattern": "*"}]}:
            doubt((*at, "rules"), "rules of layer 7 other than all DNS lookups")
        if not given.get("ports"):
            found += [PortTerm(one) for one in PROTOCOLS]
        for position, port in enumerate(items(given.get("ports"))):
            number, protocol = text(port.get("port")), text(port.get("protocol"), "ANY")
            fields(port, {"port", "protocol"}, (*at, "ports", position))
            if not number.isdigit() or protocol not in (*PROTOCOLS, "ANY"):
                doubt((*at, "ports", position), "a port that is no number, or another protocol,")
                continue
            first, last = (0, 65535) if number == "0" else (int(number), int(number))
            found += [PortTerm(one, first, last) for one in (PROTOCOLS if protocol == "ANY" else (protocol,))]
    return tuple(found)


def _proxied(rule: dict[str, Any]) -> set[str]:
    """Protocols of port 53 (or OpenShift's 5353) whose lookups this rule sends to the proxy."""
    found: set[str] = set()
    for given in items(rule.get("toPorts")):
        if mapping(given.get("rules")).get("dns"):
            for port in items(given.get("ports")):
                if text(port.get("port")) in ("53", "5353"):
                    protocol = text(port.get("protocol"), "ANY")
                    found |= {"TCP", "UDP"} if protocol == "ANY" else {protocol}
    return found


def _unprefixed(given: Any) -> Any:
    return {_plain(str(key)): value for key, value in given.items()} if isinstance(given, dict) else given


def _plain(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:")
