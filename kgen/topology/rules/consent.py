"""A link has the consent that the Platform asks for; where it has not, the grant to write is printed."""

from collections.abc import Iterator

from kgen.results import WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.grants import is_needed
from kgen.topology.index import Key, about, place

_SILENT_UP_TO = ("Baseline", "Mesh")


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    consent = spec["consent"]
    if consent == "NotRequired" and spec["profile"] not in _SILENT_UP_TO:
        message = (
            f"is NotRequired at profile {spec['profile']}: whoever writes a link opens the callee; set it to "
            "CrossNamespace or Required"
        )
        yield about(draft.platform, "consent", "spec.consent", message, WARNING)
    if consent == "Required" and spec.get("links"):
        message = (
            "is the short form, which nobody's team has written: with consent Required write AgentLinks in the "
            "callers' folders"
        )
        yield about(draft.platform, "consent", "spec.links", message)
    for (caller, callee), call in draft.calls.items():
        admitted = any(grant.admits(caller, callee) for grant in draft.grants if not grant.ended)
        where = call.request.request
        if admitted:
            continue
        if is_needed(consent, caller, callee):
            message = (
                f"{'/'.join(caller)} has no consent to call {'/'.join(callee)}, and spec.consent is {consent}:"
                f"{_existing(draft, caller, callee)} the team of {callee[0]} has to write\n{grant_yaml(caller, callee)}"
            )
            yield about(where.document, "consent", where.field, message)
        elif any(callee in grant.callees for grant in draft.grants):
            message = (
                f"no AgentGrant of {'/'.join(callee)} names {'/'.join(caller)}, but spec.consent is {consent}, so the "
                "call is open all the same"
            )
            yield about(where.document, "consent", where.field, message, WARNING)


def _existing(draft: Draft, caller: Key, callee: Key) -> str:
    """Where a grant of the callee is already, to which the caller can be added."""
    documents = [grant.document for grant in draft.grants if callee in grant.callees and not grant.ended]
    if not documents:
        return ""
    return f" the grant at {place(documents[0])} does not name it: {'/'.join(caller)} has to go into its `from`, or"


def grant_yaml(caller: Key, callee: Key) -> str:
    """The AgentGrant that admits this one caller."""
    return (
        "apiVersion: kgen.dev/v1alpha1\n"
        "kind: AgentGrant\n"
        "metadata:\n"
        f"  name: {callee[1]}\n"
        f"  namespace: {callee[0]}\n"
        "spec:\n"
        "  from:\n"
        f"  - {'/'.join(caller)}\n"
        f"  to: {callee[1]}"
    )
