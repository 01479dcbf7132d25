"""External Secrets: a store that exists or can be made, served versions, and an account that is no agent's."""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.records import Any
from kgen.results import ERROR, WARNING, Result
from kgen.topology import secrets
from kgen.topology.draft import Draft
from kgen.topology.index import about

_KINDS = ("ExternalSecret", "SecretStore", "ClusterSecretStore")
SERVED = "external-secrets.io/v1"


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    settings = spec["secrets"]
    vault, reference = settings.get("vault"), settings["storeRef"]
    if settings["provider"] != "ExternalSecrets":
        if vault:
            message = (
                "is not used: provider is Reference, so kgen makes no store and fetches nothing; set provider: "
                "ExternalSecrets, or take it out (vault: null in an overlay)"
            )
            yield about(draft.platform, "vault-unused", "spec.secrets.vault", message, WARNING)
        return
    if not vault and not reference.get("name"):
        message = (
            "provider ExternalSecrets needs a store: write vault, and kgen makes it, or storeRef.name for one that "
            "exists"
        )
        yield about(draft.platform, "store-missing", "spec.secrets.vault", message)
    if vault:
        yield from _vault(draft, vault, spec)
    else:
        yield from _existing(draft, reference, spec)
    yield from _served(draft)


def _vault(draft: Draft, vault: dict[str, Any], spec: dict[str, Any]) -> Iterator[Result]:
    if vault["server"].startswith("http://"):
        message = (
            f"found {vault['server']}, over which tokens and values travel in clear: write https://; an error from "
            "profile Hardened"
        )
        yield about(draft.platform, "vault-clear", "spec.secrets.vault.server", message, strict(spec))
    account, field = vault["serviceAccountName"], "spec.secrets.vault.serviceAccountName"
    for key, endpoint in sorted(draft.endpoints.items()):
        what = f"{endpoint.kind} {'/'.join(key)}"
        if account == endpoint.service_account:
            message = (
                f"found {account}, the ServiceAccount of {what}, which could then log in to the Vault itself: name "
                "one that no agent runs as, such as kgen-secrets"
            )
            yield about(draft.platform, "vault-account", field, message, proposed="kgen-secrets")
        elif account == key[1] and draft.is_agent(key):
            message = (
                f"found {account}, the name of {what}: kagent would take the ServiceAccount over and delete it with "
                "the agent; name another, such as kgen-secrets"
            )
            yield about(draft.platform, "vault-account", field, message, proposed="kgen-secrets")


def _existing(draft: Draft, reference: dict[str, Any], spec: dict[str, Any]) -> Iterator[Result]:
    """A cluster store without conditions serves every namespace of the cluster."""
    if reference["kind"] != "ClusterSecretStore" or not reference.get("name"):
        return
    there = draft.inputs.find("ClusterSecretStore", "", reference["name"])
    if there and not get(there.manifest, "spec", "conditions"):
        readers = sorted({secret.namespace for secret in secrets.fetched(draft)})
        message = (
            "without conditions every namespace of the cluster may read from this store: write conditions: "
            f"[{{namespaces: [{', '.join(readers)}]}}]; an error from profile Hardened"
        )
        yield about(there, "store-conditions", "spec.conditions", message, strict(spec))


def _served(draft: Draft) -> Iterator[Result]:
    """v1beta1 is not served since External Secrets 0.17, and nothing converts it (its CRDs; issue 4840)."""
    for document in draft.inputs.others:
        found = document.manifest["apiVersion"]
        if document.manifest["kind"] in _KINDS and found.startswith("external-secrets.io/") and found != SERVED:
            message = f"found {found}, which External Secrets has not served since 0.17: write {SERVED}"
            yield about(document, "store-version", "apiVersion", message, proposed=SERVED)


def strict(spec: dict[str, Any]) -> str:
    """A weakness is a warning below profile Hardened, an error from there on."""
    return ERROR if spec["profile"] in ("Hardened", "ZeroTrust") else WARNING
