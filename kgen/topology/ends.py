"""Agents: all that is said of one agent, merged, and turned by its runtime into pods, port and identity."""

from kgen.manifests import Document, get
from kgen.records import Any, NamedTuple
from kgen.results import Result
from kgen.runtimes import kagent, workload
from kgen.runtimes.shapes import text
from kgen.topology.index import Index, Key, about, place
from kgen.topology.requests import Mention
from kgen.topology.types import DEFINED, EXTERNAL, WIRED, Endpoint

_FACTS = ("kind", "serviceAccountName", "podSelector", "service", "define")
_KINDS = ("Agent", *workload.KINDS)


class End(NamedTuple):
    """One agent before its links: what is stated of it, and where."""

    key: Key
    facts: dict[str, Any]
    mentions: list[Mention]
    stated: dict[str, Mention]  # fact -> the first mention that states it
    manifest: Document | None  # its own manifest in the input

    def says(self, fact: str) -> Mention:
        """The place to point at for a fact; the first mention where nobody states it."""
        return self.stated.get(fact, self.mentions[0])


def merge(mentions: list[Mention], index: Index, results: list[Result]) -> dict[Key, End]:
    """All mentions of each agent as one. Two that disagree are an error that names both places."""
    ends: dict[Key, End] = {}
    for mention in mentions:
        end = ends.get(mention.key)
        if end is None:
            end = ends[mention.key] = End(mention.key, {}, [], {}, None)
        end.mentions.append(mention)
        for fact in _FACTS if mention.facts else ():
            value = mention.facts.get(fact)
            if value is None:
                continue
            if fact not in end.facts:
                end.facts[fact] = value
                end.stated[fact] = mention
            elif end.facts[fact] != value:
                other = end.stated[fact]
                message = (
                    f"differs from {other.field}.{fact} at {place(other.document)}: two statements about "
                    f"{'/'.join(mention.key)} must agree; keep one of them"
                )
                results.append(about(mention.document, "disagreement", f"{mention.field}.{fact}", message))
    return {key: _with_manifest(end, index, results) for key, end in sorted(ends.items())}


def _with_manifest(end: End, index: Index, results: list[Result]) -> End:
    namespace, name = end.key
    found = [kind for kind in _KINDS if (kind, namespace, name) in index.by_name] if index.by_name else []
    kind = end.facts.get("kind")
    if kind is None and len(found) > 1:
        message = f"is both {' and '.join(found)} in the input: say which with `kind`"
        results.append(about(end.mentions[0].document, "ambiguous-kind", end.mentions[0].field, message))
    kind = kind or (found[0] if found else "Agent")
    sandbox = index.find("SandboxAgent", namespace, name)
    if sandbox and kind == "Agent":
        message = (
            f"{namespace}/{name} is a SandboxAgent ({place(sandbox)}): kagent 0.9 and 0.10 refuse references to "
            "one from other namespaces and route it through the controller, where no policy can tell callers "
            "apart; make it an Agent"
        )
        results.append(about(end.mentions[0].document, "sandbox-agent", end.mentions[0].field, message))
    manifest = index.find(kind, namespace, name)
    return End(end.key, {**end.facts, "kind": kind}, end.mentions, end.stated, manifest)


def endpoints(
    ends: dict[Key, End], callees: set[Key], index: Index, platform: dict[str, Any], results: list[Result]
) -> dict[Key, Endpoint]:
    """The endpoint of each agent, as its runtime makes it."""
    return {key: _endpoint(end, key in callees, index, platform, results) for key, end in ends.items()}


def _endpoint(end: End, called: bool, index: Index, platform: dict[str, Any], results: list[Result]) -> Endpoint:
    presence = DEFINED if "define" in end.facts else WIRED if end.manifest else EXTERNAL
    if presence == DEFINED and end.manifest:
        mention = end.says("define")
        message = (
            f"{'/'.join(end.key)} is defined here and has a manifest at {place(end.manifest)}: "
            "keep the manifest and drop `define`, or the other way round"
        )
        results.append(about(mention.document, "defined-twice", f"{mention.field}.define", message))
    if end.facts["kind"] == "Agent":
        return _agent(end, presence, platform, results)
    return _workload(end, presence, called, index, results)


def _agent(end: End, presence: str, platform: dict[str, Any], results: list[Result]) -> Endpoint:
    namespace, name = end.key
    for fact, why in (
        ("service", "kagent makes the Service of an Agent"),
        ("podSelector", "kagent labels the pods of an Agent"),
    ):
        if fact in end.facts:
            mention = end.says(fact)
            message = f"does not apply to an Agent: {why}; remove it, or set kind to Deployment or StatefulSet"
            results.append(about(mention.document, "not-for-agents", f"{mention.field}.{fact}", message))
    suffix = platform["naming"]["serviceAccountSuffix"]
    account = end.facts.get("serviceAccountName") or ""
    description = ""
    if presence == DEFINED:
        description = end.facts["define"]["description"]
        account = account or name + suffix
    elif end.manifest:
        manifest = end.manifest.manifest
        description = text(get(manifest, "spec", "description"))
        own = kagent.service_account(manifest) or (name if kagent.keeps_own_service_account(manifest) else "")
        if account and own and account != own:
            mention = end.says("serviceAccountName")
            message = f"found {account}, but the Agent at {place(end.manifest)} runs as {own}: remove it"
            results.append(
                about(mention.document, "disagreement", f"{mention.field}.serviceAccountName", message, proposed=own)
            )
        # Under Observe nothing is merged: until the step to Enforce it runs as the account that kagent makes it.
        observed = (platform["namespaces"].get(namespace) or {}).get("enforcement") == "Observe"
        account = own or account or (name if observed else name + suffix)
    else:
        account = account or name  # kagent makes a ServiceAccount of the agent's name
    return Endpoint(
        namespace=namespace,
        name=name,
        kind="Agent",
        presence=presence,
        pod_selector=kagent.pod_selector(name),
        port=kagent.PORT,
        service=name,
        service_port=kagent.PORT,
        paths=kagent.PATHS,
        card_path=kagent.CARD_PATH,
        service_account=account,
        description=description,
    )


def _workload(end: End, presence: str, called: bool, index: Index, results: list[Result]) -> Endpoint:
    namespace, name = end.key
    kind, service = end.facts["kind"], end.facts.get("service") or {}
    first = end.mentions[0]
    selector = end.facts.get("podSelector")
    account = end.facts.get("serviceAccountName") or ""
    reach = workload.Reach(
        service.get("name") or name,
        service.get("port") or workload.DEFAULT_PORT,
        service.get("port") or workload.DEFAULT_PORT,
    )
    if presence == DEFINED:
        mention = end.says("define")
        message = f"makes a kagent Agent, but kind is {kind}: give the {kind} as a manifest in the input instead"
        results.append(about(mention.document, "define-kind", f"{mention.field}.define", message))
    elif end.manifest:
        manifest = end.manifest.manifest
        own = workload.service_account(manifest)
        for fact, said, is_ in (
            ("podSelector", selector, workload.pod_selector(manifest)),
            ("serviceAccountName", account or None, own),
        ):
            if said is not None and said != is_:
                mention = end.says(fact)
                message = f"differs from the {kind} at {place(end.manifest)}: remove it, the manifest is what counts"
                results.append(about(mention.document, "disagreement", f"{mention.field}.{fact}", message))
        selector, account = workload.pod_selector(manifest), own
        if not (selector.get("matchLabels") or selector.get("matchExpressions")):
            message = "is empty: policies for it would select every pod of the namespace; name its own labels"
            results.append(about(end.manifest, "pod-selector", "spec.selector", message))
        if called:
            services = [document.manifest for document in index.all("Service", namespace)]
            reach = workload.reach(name, manifest, services, service)
            if reach.problem:
                mention = end.says("service")
                message = f"how to reach {kind} {namespace}/{name} is unclear: {reach.problem}"
                results.append(about(mention.document, "service", f"{mention.field}", message))
    elif selector is None:
        message = (
            f"{kind} {namespace}/{name} is not in the input: add its manifest, or say which pods it has with "
            "podSelector: {matchLabels: {...}}"
        )
        results.append(about(first.document, "pod-selector", first.field, message))
    elif not (selector.get("matchLabels") or selector.get("matchExpressions")):
        mention = end.says("podSelector")
        message = "is empty and would select every pod of the namespace: name the agent's own labels"
        results.append(about(mention.document, "pod-selector", f"{mention.field}.podSelector", message))
    return Endpoint(
        namespace=namespace,
        name=name,
        kind=kind,
        presence=presence,
        pod_selector=selector or {},
        port=reach.port,
        service=reach.service,
        service_port=reach.service_port,
        paths=tuple(service.get("paths") or workload.DEFAULT_PATHS),
        card_path=service.get("cardPath") or workload.DEFAULT_CARD_PATH,
        service_account=account,
    )
