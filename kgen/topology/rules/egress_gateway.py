"""What an egress gateway has to be for it to hold anything; else it is refused with the reason."""

from collections.abc import Iterator

from kgen.results import ERROR, WARNING, Result
from kgen.topology import detours
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.switches import CERTIFICATES, GATEWAY, denies, is_on

_FIELD = "spec.egressGateway"


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    given = spec.get("egressGateway")
    if not is_on(spec, GATEWAY):
        if given:
            message = (
                "is not used: the layer egress-gateway is off, and agents go out by themselves; set spec.layers: "
                "{egress-gateway: Enabled}, or take it out"
            )
            yield about(draft.platform, "gateway-unused", _FIELD, message, WARNING)
        return
    if not given:
        why = "profile ZeroTrust includes" if spec["profile"] == "ZeroTrust" else "spec.layers enables"
        message = (
            f"is missing: {why} the egress gateway, and kgen chooses no image for you; write egressGateway: "
            "{image: ...}, or set spec.layers: {egress-gateway: Disabled}"
        )
        yield about(draft.platform, "gateway-image", _FIELD, message)
        return
    if "@sha256:" not in given["image"]:
        holds = (
            "the key of an authority that its agents trust for every host"
            if given["tlsBridge"] == "Enabled"
            else ("what its agents say outside")
        )
        message = f"found {given['image']}, whose content can change, and it holds {holds}: name it by digest"
        yield about(draft.platform, "gateway-image", f"{_FIELD}.image", message, WARNING)
    if (spec.get("workloadIdentity") or {}).get("operatorEnforcesNetworkPolicies"):
        message = (
            "is true, but the operator's NetworkPolicies let every verified agent out to everywhere, and policies add "
            "up: with an egress gateway it has to be false; workloadIdentity.gate does the same in kgen's own policies"
        )
        field = "spec.workloadIdentity.operatorEnforcesNetworkPolicies"
        yield about(draft.platform, "gateway-bypassed", field, message, proposed="false")
    if given["tlsBridge"] == "Enabled" and not is_on(spec, CERTIFICATES):
        message = (
            "found Enabled, but the layer certificates is off: without cert-manager each pod of the gateway would make "
            "an authority of its own, which no agent can trust and the next restart replaces; enable the layer "
            "certificates, or set tlsBridge: Disabled"
        )
        yield about(draft.platform, "gateway-authority", f"{_FIELD}.tlsBridge", message)
    if given["version"] == "0.6" and given["scope"] != "Agent":
        message = (
            f'found {given["scope"]} with version "0.6", which wants the one Service that it stands in front of (its '
            "reverse proxy can not be switched off): set scope: Agent, or run version 0.7"
        )
        yield about(draft.platform, "gateway-scope", f"{_FIELD}.scope", message, proposed="Agent")
    whose = detours.reserved(given, spec)
    if whose:
        message = f"found {given['namespace']}, which belongs to {whose}: name one of its own"
        yield about(draft.platform, "gateway-namespace", f"{_FIELD}.namespace", message)
    beside = sorted("/".join(key) for key in draft.ends if key[0] == given["namespace"])
    if given["scope"] == "Shared" and beside and not whose:
        message = (
            f"found {given['namespace']}, where agents live ({', '.join(beside[:5])}): a gateway for all has a "
            "namespace of its own, where nobody of a team reads its authority's key; name another one, or set scope: "
            "Namespace"
        )
        yield about(draft.platform, "gateway-namespace", f"{_FIELD}.namespace", message)
    network = (spec["layers"] or {}).get("network")
    if network == "Disabled" and draft.gateways:
        strict = spec["profile"] in ("Hardened", "ZeroTrust")
        message = (
            "found Disabled: HTTP_PROXY is a request that programs may ignore, and without the layer network nothing "
            "keeps an agent from going out past its gateway"
        )
        severity = ERROR if strict else WARNING
        yield about(draft.platform, "gateway-advisory", "spec.layers.network", message, severity)
    for name, one in sorted(given["infrastructure"].items()):
        if bool(one.get("peer")) == bool(one.get("cidr")):
            message = "found both or neither, expected exactly one of peer, cidr: say which pods or addresses it is"
            yield about(draft.platform, "gateway-infrastructure", f'{_FIELD}.infrastructure["{name}"]', message)
        elif one.get("cidr") and (what := detours.takes_in(one["cidr"], spec["network"]["privateCIDRs"])):
            message = (
                f"found {one['cidr']}, which takes in {what}: the gateway dials whatever an agent names, and would be "
                "the way there for every agent; name the addresses that the plugin needs"
            )
            yield about(draft.platform, "gateway-infrastructure", f'{_FIELD}.infrastructure["{name}"].cidr', message)
    yield from _shared_hosts(draft)


def _shared_hosts(draft: Draft) -> Iterator[Result]:
    """Agents behind one gateway reach what any of them declares: it can not tell them apart by host."""
    spec = draft.platform.manifest["spec"]
    if denies(spec):
        return
    for place, serving in draft.gateways.items():
        inside = [(agent, hosts) for agent, hosts in serving.declared if agent not in serving.closed]
        if len({hosts for _, hosts in inside}) < 2:
            continue
        agents = ", ".join("/".join(agent) for agent, _ in inside)
        hosts = ", ".join(sorted({host for _, hosts in serving.declared for host in hosts}))
        message = (
            f"{agents} share the gateway {'/'.join(place)}, and declare different hosts: each of them reaches all of "
            f"{hosts}; scope: Agent keeps them apart"
        )
        yield about(draft.platform, "gateway-shared-hosts", f"{_FIELD}.scope", message, WARNING)
