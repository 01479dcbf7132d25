"""What a verified agent needs, and what would only look like one: refused, or said."""

from collections.abc import Iterator

from kgen.manifests import Document
from kgen.records import Any
from kgen.regexes import Regex
from kgen.results import ERROR, INFO, WARNING, Result
from kgen.runtimes import kagenti
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.switches import is_on
from kgen.topology.workload_identity import NO_MESH, trust_domain

_SECTION = "spec.workloadIdentity"
# The AgentCard's own pattern (spec.identityBinding.trustDomain); SPIFFE itself would also take '_' and more dots.
_TRUST_DOMAIN = Regex("[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?")


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    section = spec.get("workloadIdentity")
    if not is_on(spec, "workload-identity"):
        if section:
            message = "is not used: the layer is off; set layers: {workload-identity: Enabled}, or take it out"
            yield about(draft.platform, "identity-unused", _SECTION, message, WARNING)
        return
    if not section:
        message = (
            "is missing: without className SPIRE's controller manager passes the identities by; set it to "
            "{className: NAMESPACE-RELEASE} of SPIRE's chart, spire-mgmt-spire for example"
        )
        yield about(draft.platform, "identity-missing", _SECTION, message)
        return
    yield from _trust_domain(draft.platform, spec)
    yield from _operator(draft, spec, section)
    yield from _signer(draft.platform, section)
    yield from _around_the_mesh(draft, section)


def _trust_domain(platform: Document, spec: dict[str, Any]) -> Iterator[Result]:
    said = bool(spec["workloadIdentity"].get("trustDomain"))
    field, domain = f"{_SECTION}.trustDomain" if said else "spec.trustDomain", trust_domain(spec)
    if not _TRUST_DOMAIN.fullmatch(domain):
        message = (
            f'found "{domain}", which the operator refuses as a trust domain: expected letters, digits, "-" and ".", '
            "with a letter or digit at both ends; without one no identity is ever bound"
        )
        yield about(platform, "trust-domain", field, message)
    elif not said and domain == "cluster.local":
        message = (
            "is not set, so cluster.local is taken for SPIRE's trust domain, which is Istio's default and no SPIRE "
            "chart's: the operator would bind no agent; set it to global.spire.trustDomain of SPIRE's chart"
        )
        yield about(platform, "trust-domain", f"{_SECTION}.trustDomain", message, WARNING)


def _operator(draft: Draft, spec: dict[str, Any], section: dict[str, Any]) -> Iterator[Result]:
    cards = [key for key, found in draft.identities.items() if found.identity and found.identity.card]
    verified = sorted("/".join(key) for key in cards)
    switches = spec.get("layers") or {}
    if section["operatorEnforcesNetworkPolicies"] and verified:
        closing = switches.get("network") != "Disabled" or switches.get("egress-gateway") == "Enabled"
        if closing:
            message = (
                f"is true: the operator's own policy opens all egress to a verified agent ({', '.join(verified[:5])}), "
                "policies add up, and default-deny is gone for it. Take enforceNetworkPolicies from the operator's "
                "values and set gate: true here, which holds callers and callees to the same label; or list the "
                "namespace under Observe"
            )
            field = f"{_SECTION}.operatorEnforcesNetworkPolicies"
            yield about(draft.platform, "operator-policies", field, message, proposed=False)
    if section["gate"] and switches.get("network") == "Disabled":
        message = "is true, but the network layer, whose peers it stands in, is Disabled: it gates nothing"
        yield about(draft.platform, "gate", f"{_SECTION}.gate", message)
    if section["gate"] and draft.mesh.waypoint:
        yield from _waypoints_of_others(draft)
    user = kagenti.operator_user(section)
    if is_on(spec, "admission") and user not in spec["admission"]["trustedWriters"]:
        message = (
            f"lacks {user}: the operator puts its verdict on the workloads of agents, which admission leaves to "
            "trusted writers; add it, or nothing is ever verified"
        )
        yield about(draft.platform, "trusted-writers", "spec.admission.trustedWriters", message, proposed=user)
    if verified:
        values = (
            f"verifiedFetch: {{enabled: true, spiffeEndpointSocket: 'unix://{section['socketPath']}'}}\n"
            f"signatureVerification: {{enabled: {str(section['signer'] == 'InitContainer').lower()}, "
            f"spireTrustDomain: {trust_domain(spec)}}}\n"
            "enforceNetworkPolicies: false"
        )
        message = f"what the operator's chart has to be given, or it verifies nothing:\n{values}"
        yield about(draft.platform, "operator-values", _SECTION, message, INFO)


def _waypoints_of_others(draft: Draft) -> Iterator[Result]:
    """In ambient mode the gate in front of a callee is in the policy of its waypoint, which kgen writes in Owned
    namespaces alone."""
    for key, endpoint in draft.endpoints.items():
        if endpoint.verified_by and draft.standing[key[0]].enforced and key[0] not in draft.behind:
            message = (
                f"is true, but the waypoint of {key[0]} is its owner's, and between that and {'/'.join(key)} nothing "
                f"would ask for the label: list {key[0]} as Owned, run the mesh with sidecars, or set gate: false"
            )
            yield about(draft.platform, "gate", f"{_SECTION}.gate", message, proposed=False)


def _signer(platform: Document, section: dict[str, Any]) -> Iterator[Result]:
    image, field = section.get("signerImage"), f"{_SECTION}.signerImage"
    if section["signer"] != "InitContainer":
        return
    if not image:
        message = "is missing, and signer is InitContainer: name the operator's agentcard-signer, by digest"
        yield about(platform, "signer-image", field, message)
    elif "@sha256:" not in image:
        message = f"found {image}, whose content can change, and it holds the agent's private key: name it by digest"
        severity = WARNING if section["verification"] == "Optional" else ERROR
        yield about(platform, "signer-image", field, message, severity)


def _around_the_mesh(draft: Draft, section: dict[str, Any]) -> Iterator[Result]:
    """AgentRuntimes bring their namespace into ambient mode, unless it says otherwise; who owns it has to say so."""
    if section["flavor"] != "rossoctl":
        return
    told = set()
    for key, found in sorted(draft.identities.items()):
        if not found.identity or draft.standing[key[0]].management == "Owned" or key[0] in told:
            continue
        told.add(key[0])
        message = (
            f"the operator labels namespace {key[0]} for Istio's ambient mode when it sees an AgentRuntime there; its "
            f"owner keeps it out of that with the annotation {NO_MESH}: disabled"
        )
        mention = draft.ends[key].mentions[0]
        yield about(mention.document, "operator-mesh", mention.field, message, WARNING)
