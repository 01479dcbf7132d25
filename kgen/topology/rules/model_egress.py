"""network.modelEgress says enough for its mode, and names hosts only where something enforces names."""

from collections.abc import Iterator

from kgen.results import INFO, WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.switches import GATEWAY, denies, is_on

_FIELD = "spec.network.modelEgress"


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    network = spec["network"]
    how = network["modelEgress"]
    mode = how["mode"]
    if mode == "PublicInternet" and spec["profile"] in ("Hardened", "ZeroTrust") and draft.models.used:
        message = (
            f"found PublicInternet at profile {spec['profile']}: agents reach their models by 443 of every public "
            "address, and whatever else answers there"
            + (", through the gateway" if is_on(spec, GATEWAY) else "")
            + "; name the providers: mode FQDN with hosts (Cilium), or CIDR"
        )
        severity = INFO if denies(spec) else WARNING
        yield about(draft.platform, "model-widened", f"{_FIELD}.mode", message, severity)
    if mode == "Peer" and not how.get("peer"):
        message = "mode Peer needs the pods that serve the model: {namespace: ..., podSelector: ..., ports: [...]}"
        yield about(draft.platform, "model-egress", f"{_FIELD}.peer", message)
    if mode == "CIDR" and not how["cidrs"]:
        yield about(
            draft.platform, "model-egress", f"{_FIELD}.cidrs", "mode CIDR needs address blocks: list the provider's"
        )
    if mode == "FQDN" and network["cni"] != "Cilium":
        message = (
            f"mode FQDN needs network.cni: Cilium, found {network['cni']}: no other policy tells hosts apart; "
            "use CIDR or PublicInternet"
        )
        yield about(draft.platform, "model-egress", f"{_FIELD}.mode", message)
    if mode == "FQDN" and not how["hosts"] and not any(use.url for use in draft.models.used.values()):
        message = "mode FQDN needs the hosts of the models' providers, e.g. [api.anthropic.com]"
        yield about(draft.platform, "model-egress", f"{_FIELD}.hosts", message)
