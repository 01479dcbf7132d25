"""AgentGrants: whom a callee's team lets call it, and the terms it sets."""

from collections.abc import Callable, Sequence

from kgen.manifests import Document
from kgen.records import Any, NamedTuple
from kgen.results import WARNING, Result
from kgen.topology.calls import fits
from kgen.topology.index import Key, about
from kgen.topology.requests import CallRequest, Mention, Requests, key_of
from kgen.topology.types import Claim, Limits, Token
from kgen.topology.validity import expired


class Grant(NamedTuple):
    """One AgentGrant with its names resolved."""

    document: Document
    callers: tuple[str, ...]  # namespace/name or namespace/*
    callees: tuple[Key, ...]
    ended: bool  # its validUntil is over: it admits nobody

    def admits(self, caller: Key, callee: Key) -> bool:
        return callee in self.callees and any(fits(pattern, caller) for pattern in self.callers)


class Terms(NamedTuple):
    """What the grants of one callee ask of its callers."""

    limits: Limits | None
    token: Token | None


def read(documents: Sequence[Document], as_of: Callable[[], str], results: list[Result]) -> list[Grant]:
    """The grants of the input. One that names agents of another namespace than its own is an error."""
    found = []
    for document in documents:
        spec, home = document.manifest["spec"], document.manifest["metadata"]["namespace"]
        to = spec["to"] if isinstance(spec["to"], list) else [spec["to"]]
        callees = [key_of(name, home) for name in to]
        for position, key in enumerate(callees):
            if key[0] != home:
                field = f"spec.to[{position}]" if isinstance(spec["to"], list) else "spec.to"
                message = (
                    f"{'/'.join(key)} is not in {home}: a grant speaks for the agents of its own namespace only; "
                    f"write it with metadata.namespace: {key[0]}, or take the agent out here"
                )
                results.append(about(document, "grant-namespace", field, message))
        callers = tuple("/".join(key_of(pattern, home)) for pattern in spec["from"])
        ended = expired(document, as_of, "it admits nobody any more; renew or delete the grant", results)
        found.append(Grant(document, callers, tuple(key for key in callees if key[0] == home), ended))
    return found


def mentions(grants: list[Grant]) -> list[Mention]:
    """Each callee, as the grant names it: whoever may be called is an agent of the run, though no link calls it.

    Its policies then stay when its last link goes, or its last consent ends, and a grant alone makes no empty bundle.
    """
    found = []
    for grant in grants:
        to = grant.document.manifest["spec"]["to"]
        home = grant.document.manifest["metadata"]["namespace"]
        for position, name in enumerate(to if isinstance(to, list) else [to]):
            if (key := key_of(name, home)) in grant.callees:
                field = f"spec.to[{position}]" if isinstance(to, list) else "spec.to"
                found.append(Mention(key, {}, grant.document, field))
    return found


def is_needed(consent: str, caller: Key, callee: Key) -> bool:
    """Whether a link between these two needs a grant, by `spec.consent`."""
    return consent == "Required" or (consent == "CrossNamespace" and caller[0] != callee[0])


def withdraw(requests: Requests, grants: list[Grant], consent: str, results: list[Result]) -> Requests:
    """The requests without the calls whose only consent has ended: they are left out like an expired link."""
    if consent == "NotRequired" or not any(grant.ended for grant in grants):
        return requests
    kept = []
    for call in requests.calls:
        where = call.request
        admitting = [grant for grant in grants if grant.admits(where.caller, call.callee)]
        over = admitting and all(grant.ended for grant in admitting)
        if over and not where.withheld and is_needed(consent, where.caller, call.callee):
            message = (
                f"the consent of {'/'.join(call.callee)} has ended "
                f"(AgentGrant {admitting[0].document.manifest['metadata']['name']}): the call is left out; have the "
                "grant renewed, or delete the link"
            )
            results.append(about(where.document, "expired", where.field, message, WARNING))
            call = CallRequest(where._replace(withheld="expired"), call.callee, call.delegation)
        kept.append(call)
    return requests._replace(calls=kept)


def terms(grants: list[Grant]) -> dict[Key, Terms]:
    """The terms of each callee. That its grants agree is for rules/grant_terms.py to see to."""
    found: dict[Key, Terms] = {}
    for grant in grants:
        spec = grant.document.manifest["spec"]
        for callee in grant.callees if not grant.ended else ():
            so_far = found.get(callee, Terms(None, None))
            limits = so_far.limits or (_limits(spec["limits"]) if spec.get("limits") else None)
            token = so_far.token or (_token(spec["jwt"]) if spec.get("jwt") else None)
            found[callee] = Terms(limits, token)
    return found


def _limits(given: dict[str, Any]) -> Limits:
    return Limits(given["requestsPerSecond"], given["burst"], given["maxConnections"])


def _token(given: dict[str, Any]) -> Token:
    return Token(
        given["issuer"],
        tuple(given["audiences"]),
        given.get("jwksUri") or "",
        given.get("jwks") or {},
        given["fromHeader"]["name"],
        given["fromHeader"]["prefix"],
        tuple(Claim(claim["name"], tuple(claim["values"])) for claim in given["requiredClaims"]),
    )
