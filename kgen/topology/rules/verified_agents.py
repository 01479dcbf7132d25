"""Each agent that has to be verified can be: no fetch by HTTP goes for one by SPIFFE TLS in silence."""

from collections.abc import Iterator

from kgen.manifests import Document, get, group_of
from kgen.records import Any
from kgen.results import ERROR, WARNING, Result
from kgen.runtimes import kagent, kagenti
from kgen.runtimes.shapes import labels
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about, place
from kgen.topology.switches import is_on
from kgen.topology.types import DEFINED
from kgen.topology.workload_identity import Found

_GROUPS = frozenset(group_of(flavor.api_version) for flavor in kagenti.FLAVORS.values())
_TYPE = "rossoctl.io/type"


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    section = spec.get("workloadIdentity")
    if not section or not is_on(spec, "workload-identity"):
        return
    required = section["verification"] == "Required"
    seen: dict[tuple[str, str], Key] = {}
    for key, found in draft.identities.items():
        if draft.is_agent(key):
            yield from _of_kagent(draft, key, found, required, section["gate"])
            continue
        yield from _workload(draft, key, found, required, section["gate"])
        yield from _account(draft, key, required, seen)
        if section["signer"] == "InitContainer" and found.identity and found.identity.card:
            yield from _unsigned(draft, key)
    if section["flavor"] == "rossoctl":
        yield from _types(draft)
    yield from _verdicts(draft)
    yield from _second_cards(draft)


def _of_kagent(draft: Draft, key: Key, found: Found, required: bool, gate: bool) -> Iterator[Result]:
    if not found.wanted:
        return
    message = (
        f"{'/'.join(key)} is a kagent Agent and can not be verified: its Service is kagent's, which writes the ports "
        f"anew and takes {kagenti.TLS_PORT} off. Run it as a Deployment of your own with that port; or set "
        "verification: Optional" + (", and it stays out of the gate" if gate else "")
    )
    if not required:
        message = (
            f"{'/'.join(key)} is a kagent Agent and can not be verified: its Service is kagent's, which takes "
            f"{kagenti.TLS_PORT} off" + ("; the gate does not ask it for the label" if gate else "")
        )
    mention = draft.ends[key].mentions[0]
    yield about(mention.document, "unverifiable", mention.field, message, ERROR if required else WARNING)


def _workload(draft: Draft, key: Key, found: Found, required: bool, gate: bool) -> Iterator[Result]:
    end = draft.ends[key]
    kind, mention = draft.endpoints[key].kind, end.mentions[0]
    if found.unclear and end.manifest:
        message = f"{kind} {'/'.join(key)} {found.unclear}"
        yield about(end.manifest, "identity-container", "spec.template.spec.containers", message)
    if found.lack and found.wanted:
        rest = "" if required else ": the operator fetches its card by HTTP, and it stays unverified"
        if not required and draft.mesh.active and draft.mesh.mode:
            rest = ": it stays unverified, and in the mesh no fetch by HTTP gets through either"
        if not required and gate:
            rest += "; the gate does not ask it for the label"
        message = f"{kind} {'/'.join(key)} can not be verified: {found.lack}{rest}"
        yield about(
            found.document or mention.document,
            "unverifiable",
            found.field or mention.field,
            message,
            ERROR if required else WARNING,
        )


def _account(draft: Draft, key: Key, required: bool, seen: dict[tuple[str, str], Key]) -> Iterator[Result]:
    """A SPIFFE ID names a ServiceAccount; who shares it has the same one."""
    account, mention = draft.endpoints[key].service_account, draft.ends[key].says("serviceAccountName")
    severity = ERROR if required else WARNING
    if account == "default":
        if draft.mesh.active:
            return  # rules/mesh_identities.py refuses it already
        message = f"{'/'.join(key)} runs as the ServiceAccount default, and so is every pod beside it: give it its own"
        yield about(mention.document, "shared-identity", mention.field, message, severity)
    elif account and (other := seen.setdefault((key[0], account), key)) != key:
        message = f"{'/'.join(key)} and {'/'.join(other)} run as {account}, and have one SPIFFE ID: give each its own"
        yield about(mention.document, "shared-identity", mention.field, message, severity)


def _unsigned(draft: Draft, key: Key) -> Iterator[Result]:
    """The signer reads the card from a ConfigMap; a pod that lacks it does not start."""
    manifest, name = draft.ends[key].manifest, f"{key[1]}-agent-card"
    if manifest is None:
        return
    card = draft.inputs.manifest("ConfigMap", key[0], name)
    if card is None or "agent.json" not in labels(card.get("data")):
        message = f"its card is to be signed, and ConfigMap {name} with the key agent.json is not in the input: add it"
        yield about(manifest, "unsigned-card", "spec.template.spec", message)


def _types(draft: Draft) -> Iterator[Result]:
    """rossoctl's own admission policy admits this label from its operator alone: such a workload never starts a pod."""
    why = f"has the label {_TYPE}, which the operator's admission policy refuses from everybody else: remove it"
    for key, end in draft.ends.items():
        if end.manifest is None or draft.endpoints[key].presence == DEFINED:
            continue
        for field, found in _labels(end.manifest, draft.is_agent(key)):
            if _TYPE in found:
                extra = "; kgen writes an AgentRuntime instead" if not draft.is_agent(key) else ""
                yield about(end.manifest, "operator-label", f'{field}["{_TYPE}"]', f"{'/'.join(key)} {why}{extra}")


def _verdicts(draft: Draft) -> Iterator[Result]:
    """The operator's verdict is a label of the pods, and the gate goes by it: written beforehand it is none."""
    for key, end in draft.ends.items():
        if end.manifest is None or draft.endpoints[key].presence == DEFINED:
            continue
        for field, found in _labels(end.manifest, draft.is_agent(key)):
            for label in sorted(kagenti.VERIFIED & found.keys()):
                message = (
                    f"{'/'.join(key)} has the label {label}, which is the operator's verdict and the operator's alone "
                    "to write: it would pass for verified whenever this manifest is applied; remove it"
                )
                yield about(end.manifest, "forged-verdict", f'{field}["{label}"]', message)


def _labels(document: Document, is_agent: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    manifest = document.manifest
    if is_agent:
        section = "byo" if kagent.is_byo(manifest) else "declarative"
        yield f"spec.{section}.deployment.labels", labels(kagent.deployment_of(manifest).get("labels"))
        return
    yield "metadata.labels", labels(get(manifest, "metadata", "labels"))
    yield "spec.template.metadata.labels", labels(get(manifest, "spec", "template", "metadata", "labels"))


def _second_cards(draft: Draft) -> Iterator[Result]:
    """The operator refuses a second AgentCard for one workload."""
    for document in draft.inputs.others:
        manifest = document.manifest
        if manifest["kind"] != "AgentCard" or group_of(manifest["apiVersion"]) not in _GROUPS:
            continue
        key = (manifest["metadata"].get("namespace") or "", get(manifest, "spec", "targetRef", "name", default=""))
        found = draft.identities.get(key)
        endpoint = draft.endpoints.get(key)
        if not endpoint or not found or not found.identity or not found.identity.card:
            continue
        if get(manifest, "spec", "targetRef", "kind") == endpoint.kind:
            message = (
                f"is a second card of {endpoint.kind} {'/'.join(key)}, which the operator refuses beside kgen's "
                f"{key[1]}-{endpoint.kind.lower()}-card ({place(draft.ends[key].mentions[0].document)}): remove it"
            )
            yield about(document, "second-card", "spec.targetRef", message)
