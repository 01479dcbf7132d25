"""No object is named like an Agent next to it.

kagent makes a Secret, ServiceAccount, Service and Deployment of the agent's name and takes over whatever
has that name already (kagent v0.10 translator/mutate.go), then deletes it with the Agent.
"""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import Result
from kgen.runtimes.shapes import items, text
from kgen.topology.draft import Draft
from kgen.topology.index import about, place

_MADE_BY_KAGENT = ("Secret", "ServiceAccount", "Service", "Deployment")


def check(draft: Draft) -> Iterator[Result]:
    for key, end in draft.ends.items():
        if not draft.is_agent(key):
            continue
        agent = f"Agent {key[0]}/{key[1]}"
        for kind in _MADE_BY_KAGENT if draft.inputs.others else ():
            document = draft.inputs.find(kind, *key)
            if document and not _by_kagent(document.manifest):
                yield about(
                    document,
                    "name-taken",
                    "metadata.name",
                    f"{kind} {'/'.join(key)} has the name of {agent} ({place(end.mentions[0].document)}): kagent would "
                    "take it over and delete it with the agent; rename it",
                )
        skills = draft.inputs.find("ConfigMap", key[0], key[1] + "-skills-init")
        if skills and not _by_kagent(skills.manifest):
            message = f"has the name of the ConfigMap that kagent makes for {agent}; rename it"
            yield about(skills, "name-taken", "metadata.name", message)
        account = draft.endpoints[key].service_account
        if key in draft.definitions and account == key[1]:
            mention = end.says("serviceAccountName")
            message = (
                f"found {account}, the agent's own name: kagent would take the ServiceAccount over; leave it out for "
                f"{key[1]}{draft.platform.manifest['spec']['naming']['serviceAccountSuffix']}"
            )
            yield about(mention.document, "name-taken", f"{mention.field}.serviceAccountName", message)
        if (key[0], account) in draft.endpoints and account != key[1] and draft.is_agent((key[0], account)):
            mention = end.mentions[0]
            message = (
                f"{agent} would run as ServiceAccount {account}, which is also the name of another agent there: "
                "rename one, or set spec.naming.serviceAccountSuffix"
            )
            yield about(mention.document, "name-taken", mention.field, message)
    yield from _secrets(draft)
    yield from _gateways(draft)


def _gateways(draft: Draft) -> Iterator[Result]:
    """A gateway's Deployment, Service, ServiceAccount and its authority's Secret, beside an Agent of that name."""
    for namespace, name in draft.gateways:
        for key in ((namespace, name), (namespace, f"{name}-ca")):
            message = (
                f"has the name of what kgen makes for the egress gateway {namespace}/{name}: kagent would take it "
                "over and delete it with the agent; rename the agent, or choose another egressGateway.scope"
            )
            unlinked = draft.inputs.find("Agent", *key)
            if key in draft.endpoints:
                mention = draft.ends[key].mentions[0]
                yield about(mention.document, "name-taken", mention.field, message)
            elif unlinked:
                yield about(unlinked, "name-taken", "metadata.name", message)


def _secrets(draft: Draft) -> Iterator[Result]:
    for call in draft.calls.values():
        key = (call.caller[0], call.delegation.secret) if call.delegation else None
        if key in draft.endpoints and draft.is_agent(key):
            where = call.request.request
            yield about(where.document, "name-taken", "spec.delegation.secretRef.name", _secret(key))
    for (namespace, _), model in draft.models.made.items():
        key = (namespace, model.secret)
        if key in draft.endpoints and draft.is_agent(key):
            use = next(
                use for user, use in draft.models.used.items() if user[0] == namespace and use.name == model.name
            )
            yield about(use.document, "name-taken", use.field.removesuffix(".baseUrl"), _secret(key))


def _secret(key: tuple[str, str]) -> str:
    return (
        f"Secret {'/'.join(key)} has the name of an Agent there: kagent would overwrite it with the agent's "
        "configuration; name the Secret differently"
    )


def _by_kagent(manifest: dict[str, object]) -> bool:
    """Objects that the controller made itself, as in a dump of a cluster."""
    owners = items(get(manifest, "metadata", "ownerReferences"))
    return any(text(owner.get("apiVersion")).startswith("kagent.dev/") for owner in owners)
