"""The certificate authorities of gateways: who signs them, and how agents come to trust them.

A gateway opens TLS with an authority of its own, which its pods read once, when they start. Agents trust the root
above it, so that the gateway's can be renewed, with another key, and no agent has to know. Each gateway has a root of
its own: whoever gets hold of one team's can deceive that team's agents, and no others. The root's key is in
cert-manager's namespace, because there a ClusterIssuer and trust-manager read; it is in no gateway and no agent.
"""

from kgen.topology.detours import Serving
from kgen.topology.draft import Draft
from kgen.topology.gateway_types import Authority, VaultIssuer
from kgen.topology.index import Key
from kgen.topology.types import Account

KEY = "ca-certificates.crt"


def authority(place: Key, serving: Serving, draft: Draft) -> Authority:
    platform = draft.platform.manifest
    spec = platform["spec"]
    given, gateway = spec["certificates"], spec["egressGateway"]
    # Dots, which neither part can hold: a-b with c and a with b-c are two gateways.
    whole = f"{place[0]}.{place[1]}.{platform['metadata']['name']}"
    issuer, kind, group = f"egress-ca.{whole}", "ClusterIssuer", "cert-manager.io"
    root, vault = f"egress-root.{whole}", None
    source = ("Secret", root, "tls.crt")
    if given["issuer"] != "SelfSignedCA":
        root, known = "", given.get("root") or {}
        source = (known.get("kind", ""), known.get("name", ""), known.get("key", ""))
    if given["issuer"] == "Existing":
        named = given.get("issuerRef") or {}
        issuer, kind, group = named.get("name", ""), named.get("kind", ""), named.get("group", "")
    if given["issuer"] == "VaultPKI":
        issuer, kind = f"{place[1]}-issuer", "Issuer"
        stated = given.get("vault")
        account = stated["serviceAccountName"] if stated else ""
        vault = stated and VaultIssuer(
            stated["server"],
            stated["path"],
            stated["mountPath"],
            stated["role"],
            account,
            # One for all gateways of a namespace, made with the first of them.
            place == min(other for other in draft.gateways if other[0] == place[0])
            and not draft.inputs.find("ServiceAccount", place[0], account),
        )
    manages = gateway["trustBundle"] == "TrustManager"
    return Authority(
        secret=f"{place[1]}-ca",
        duration=given["duration"],
        renew_before=given["renewBefore"],
        issuer=issuer,
        issuer_kind=kind,
        issuer_group=group,
        root=root,
        vault=vault,
        home=given["namespace"],
        manager=f"system:serviceaccount:{given['namespace']}:{given['serviceAccountName']}",
        manager_account=Account(given["namespace"], given["serviceAccountName"]),
        bundle=trust_config_map(place, draft)[0] if manages else "",
        bundle_key=KEY,
        source_kind=source[0],
        source=source[1],
        source_key=source[2],
        namespaces=tuple(sorted({agent[0] for agent in serving.agents})),
    )


def trust_config_map(place: Key, draft: Draft) -> tuple[str, str]:
    """(name, key) of the ConfigMap that a gateway's agents mount. trust-manager calls it like the Bundle."""
    platform = draft.platform.manifest
    given = platform["spec"]["egressGateway"]
    if given["trustBundle"] == "TrustManager":
        return f"egress-trust.{place[0]}.{place[1]}.{platform['metadata']['name']}", KEY
    return given["trustConfigMap"]["name"], given["trustConfigMap"]["key"]
