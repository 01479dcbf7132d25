"""Certificates: an issuer that can sign an authority, and a root that agents can be told to trust."""

from collections.abc import Iterator

from kgen.records import Any
from kgen.results import ERROR, INFO, WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.switches import CERTIFICATES, GATEWAY, is_on

_FIELD = "spec.certificates"
_READ_BY = {"vault": ("VaultPKI",), "issuerRef": ("Existing",), "root": ("VaultPKI", "Existing")}
_UNITS = {"h": 3600, "m": 60, "s": 1}
_SIGNS_AUTHORITIES = "/root/sign-intermediate"
# cert-manager's webhook refuses less (pkg/apis/certmanager/v1: MinimumCertificateDuration, MinimumRenewBefore).
_SHORTEST = {"duration": 3600, "renewBefore": 300}
_LONGEST = 87600  # hours: ten years, as long as the root of its own (bases/certificates/root.yaml) is good
_SINCE = 30  # Kubernetes 1.30: ValidatingAdmissionPolicy is v1


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    if not is_on(spec, CERTIFICATES):
        return
    given, gateway = spec["certificates"], spec.get("egressGateway")
    if not (gateway and is_on(spec, GATEWAY) and gateway["tlsBridge"] == "Enabled"):
        message = (
            "has nothing to do: certificates are made only where something loads them, which is an egress gateway with "
            "tlsBridge: Enabled (a mesh and SPIRE make their own)"
        )
        yield about(draft.platform, "certificates-unused", "spec.layers.certificates", message, INFO)
        return
    for field, shortest in _SHORTEST.items():
        if _seconds(given[field]) < shortest:
            message = f"found {given[field]}, and cert-manager takes nothing below {shortest // 60}m: lengthen it"
            yield about(
                draft.platform, "certificate-times", f"{_FIELD}.{field}", message, proposed=f"{shortest // 60}m"
            )
    if _seconds(given["renewBefore"]) >= _seconds(given["duration"]):
        message = f"found {given['renewBefore']}, which is no less than the duration of {given['duration']}: shorten it"
        yield about(draft.platform, "certificate-times", f"{_FIELD}.renewBefore", message)
    if given["issuer"] == "SelfSignedCA" and _seconds(given["duration"]) > _LONGEST * 3600:
        message = (
            f"found {given['duration']}, longer than the ten years ({_LONGEST}h) that the root above it is good: "
            "agents would refuse the certificate while it says it is good; shorten it"
        )
        yield about(draft.platform, "certificate-times", f"{_FIELD}.duration", message, proposed=f"{_LONGEST}h")
    for field, issuers in _READ_BY.items():
        if given.get(field) and given["issuer"] not in issuers:
            message = f"is not used: issuer is {given['issuer']}; it is for {' and '.join(issuers)}"
            yield about(draft.platform, "certificates-unused", f"{_FIELD}.{field}", message, WARNING)
    version = spec["kubernetesVersion"]
    if given["issuer"] == "SelfSignedCA" and int(version.partition(".")[2]) < _SINCE:
        message = (
            f"found {version}, but what holds each ClusterIssuer to its one gateway is a ValidatingAdmissionPolicy, "
            f"which is v1 since 1.{_SINCE}; without it whoever may write a Certificate imitates every host: take "
            "certificates.issuer VaultPKI or Existing"
        )
        yield about(draft.platform, "issuer-guard", "spec.kubernetesVersion", message)
    if given["issuer"] == "VaultPKI":
        yield from _vault(draft, spec, given.get("vault"))
    if given["issuer"] == "Existing" and not given.get("issuerRef"):
        message = "issuer Existing needs the issuer's name: write issuerRef: {name: ..., kind: Issuer | ClusterIssuer}"
        yield about(draft.platform, "issuer-missing", f"{_FIELD}.issuerRef", message)
    if given["issuer"] != "SelfSignedCA" and gateway["trustBundle"] == "TrustManager" and not given.get("root"):
        message = (
            f"issuer {given['issuer']} signs under a root that kgen does not know: name the ConfigMap or Secret in "
            f"{given['namespace']} that holds its certificate, root: {{kind: ConfigMap, name: ..., key: ca.crt}}, or "
            "set egressGateway.trustBundle: ConfigMap"
        )
        yield about(draft.platform, "root-missing", f"{_FIELD}.root", message)


def _vault(draft: Draft, spec: dict[str, Any], vault: dict[str, Any] | None) -> Iterator[Result]:
    if not vault:
        message = (
            "issuer VaultPKI needs the Vault: write vault: {server: ..., path: pki/root/sign-intermediate, role: ...}"
        )
        yield about(draft.platform, "issuer-missing", f"{_FIELD}.vault", message)
        return
    if not vault["path"].endswith(_SIGNS_AUTHORITIES):
        message = (
            f"found {vault['path']}, from which certificates come that can not sign, and the gateway would not start: "
            "write the path for intermediate authorities, MOUNT/root/sign-intermediate, and allow the role that path"
        )
        mount = vault["path"].partition("/")[0]
        yield about(
            draft.platform, "vault-path", f"{_FIELD}.vault.path", message, proposed=f"{mount}{_SIGNS_AUTHORITIES}"
        )
    if vault["server"].startswith("http://"):
        severity = ERROR if spec["profile"] in ("Hardened", "ZeroTrust") else WARNING
        found = vault["server"]
        message = f"found {found}, over which tokens travel in clear: write https://; an error from profile Hardened"
        yield about(draft.platform, "vault-clear", f"{_FIELD}.vault.server", message, severity)
    account = vault["serviceAccountName"]
    whose = "that of every pod that names none" if account == "default" else ""
    if any(account == name for _, name in draft.gateways):
        whose = "that of the gateway itself"
    if whose:
        message = (
            f"found {account}, which is {whose}: it could have certificates signed itself; name one that no pod runs as"
        )
        field = f"{_FIELD}.vault.serviceAccountName"
        yield about(draft.platform, "vault-account", field, message, proposed="kgen-issuer")
    for key, endpoint in sorted(draft.endpoints.items()):
        if vault["serviceAccountName"] in (endpoint.service_account, key[1] if draft.is_agent(key) else ""):
            message = (
                f"found {vault['serviceAccountName']}, which is that of {endpoint.kind} {'/'.join(key)}: it could have "
                "certificates signed itself; name one that no agent runs as or is called"
            )
            field = f"{_FIELD}.vault.serviceAccountName"
            yield about(draft.platform, "vault-account", field, message, proposed="kgen-issuer")


def _seconds(duration: str) -> int:
    """A duration such as 1h30m; the checker has seen to its form."""
    total, number = 0, ""
    for letter in duration:
        if letter in _UNITS:
            total, number = total + int(number) * _UNITS[letter], ""
        else:
            number += letter
    return total
