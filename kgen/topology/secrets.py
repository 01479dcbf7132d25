"""Secrets that External Secrets fetches, the store they come from, and the nudge after a rotation.

Only what links and models name, and only where nothing of the input makes the Secret already: a Secret
has one writer. In a namespace under Observe nothing is fetched, because it would replace what runs there.
"""

from kgen.manifests import get
from kgen.records import Any, NamedTuple
from kgen.runtimes import kagent
from kgen.topology.draft import Draft
from kgen.topology.index import Index, Key
from kgen.topology.types import (
    DEFINED,
    EXTERNAL,
    PROPOSED,
    Namespace,
    Nudge,
    Peer,
    Secret,
    SecretStore,
)

DEFAULT_STORE = "vault"
NUDGE_NAME = "kgen-nudge"
"""What the nudge's ServiceAccount, Role and CronJob are called (bases/secrets/nudge*.yaml)."""
NUDGE_PODS = {"matchLabels": {"kgen.dev/job": "nudge"}}
"""Its pods."""


class Need(NamedTuple):
    """One Secret that agents read."""

    keys: tuple[str, ...]  # "" is one of them where all properties are meant
    ours: bool  # an agent that kgen makes or merges into reads it


def needs(draft: Draft) -> dict[Key, Need]:
    """The Secrets of links and models, by (namespace, name)."""
    found: dict[Key, Need] = {}
    for (namespace, _), model in draft.models.made.items():
        if model.secret:
            key = "" if model.provider in kagent.WHOLE_SECRETS else model.secret_key
            _need(found, (namespace, model.secret), key, True)
    for call in draft.calls.values():
        if call.delegation and draft.is_agent(call.caller):
            ours = draft.endpoints[call.caller].presence != EXTERNAL
            _need(found, (call.caller[0], call.delegation.secret), call.delegation.key, ours)
    return found


def _need(found: dict[Key, Need], secret: Key, key: str, ours: bool) -> None:
    before = found.get(secret, Need((), False))
    found[secret] = Need((*before.keys, key), before.ours or ours)


def fetched(draft: Draft) -> tuple[Secret, ...]:
    """The Secrets that get an ExternalSecret, by namespace and name."""
    settings = draft.platform.manifest["spec"]["secrets"]
    if settings["provider"] != "ExternalSecrets":
        return ()
    prefix = settings["remotePrefix"]
    return tuple(
        Secret(
            namespace,
            name,
            () if "" in need.keys else tuple(sorted(set(need.keys))),
            f"{prefix}{namespace}/{name}",
            DEFINED if need.ours else PROPOSED,
        )
        for (namespace, name), need in sorted(needs(draft).items())
        if draft.standing[namespace].enforced and not made_by_input(draft.inputs, (namespace, name))
    )


_MAKERS = {
    "Secret": ("metadata", "name"),
    "ExternalSecret": ("spec", "target", "name"),
    "SealedSecret": ("spec", "template", "metadata", "name"),
    "Certificate": ("spec", "secretName"),
}


def made_by_input(inputs: Index, secret: Key) -> bool:
    """Whether the input holds a Secret, or something that makes it: two writers would overwrite each other."""
    return any(
        (get(document.manifest, *path) or document.manifest["metadata"].get("name")) == secret[1]
        for kind, path in _MAKERS.items()
        for document in inputs.all(kind, secret[0])
    )


def store(secrets: tuple[Secret, ...], draft: Draft) -> SecretStore | None:
    """The store of the environment. A cluster-scoped one that kgen makes ends in the Platform's name."""
    platform = draft.platform.manifest
    settings = platform["spec"]["secrets"]
    if settings["provider"] != "ExternalSecrets":
        return None
    kind, vault = settings["storeRef"]["kind"], settings.get("vault") or {}
    is_cluster = kind == "ClusterSecretStore"
    name = settings["storeRef"].get("name") or DEFAULT_STORE
    account, home = vault.get("serviceAccountName") or "", platform["spec"]["platformNamespace"]
    return SecretStore(
        name=f"{name}-{platform['metadata']['name']}" if vault and is_cluster else name,
        kind=kind,
        refresh_interval=settings["refreshInterval"],
        namespaces=tuple(sorted({secret.namespace for secret in secrets})),
        server=vault.get("server") or "",
        path=vault.get("path") or "",
        version=vault.get("version") or "",
        mount_path=vault.get("mountPath") or "",
        role=vault.get("role") or "",
        service_account=account,
        audiences=tuple(vault.get("audiences") or ()),
        makes_service_account=bool(secrets and vault and is_cluster)
        and not draft.inputs.find("ServiceAccount", home, account),
    )


def in_namespaces(spaces: tuple[Namespace, ...], secrets: tuple[Secret, ...], draft: Draft) -> tuple[Namespace, ...]:
    """The namespaces with what this concern puts into each of them."""
    settings = draft.platform.manifest["spec"]["secrets"]
    vault = settings.get("vault") if settings["storeRef"]["kind"] == "SecretStore" else None
    callers = nudged(draft) if settings["rotationNudge"] == "CronJob" else {}
    if not (vault and secrets) and not callers:
        return spaces
    made = []
    for space in spaces:
        presences = {secret.presence for secret in secrets if secret.namespace == space.name}
        if presences and vault:
            account = draft.inputs.find("ServiceAccount", space.name, vault["serviceAccountName"])
            presence = DEFINED if DEFINED in presences else PROPOSED
            space = space._replace(store=presence, makes_store_account=account is None)
        made.append(space._replace(nudged=tuple(callers.get(space.name, ()))))
    return tuple(made)


def nudged(draft: Draft) -> dict[str, list[str]]:
    """Agents into which kgen wires a delegated header, by namespace."""
    found: dict[str, set[str]] = {}
    for call in draft.calls.values():
        key, (namespace, name) = call.caller, call.caller
        ours = draft.is_agent(key) and draft.endpoints[key].presence != EXTERNAL and draft.standing[namespace].enforced
        if call.delegation and ours:
            found.setdefault(namespace, set()).add(name)
    return {namespace: sorted(names) for namespace, names in found.items()}


def nudge(spec: dict[str, Any]) -> Nudge:
    """How to nudge. rules/rotation_nudge.py has refused what is missing."""
    given, server = spec["secrets"]["nudge"], spec["network"]["apiServer"]
    peers = tuple(Peer(cidr=cidr) for cidr in server["cidrs"])
    return Nudge(given["image"], given["schedule"], peers, server["port"])
