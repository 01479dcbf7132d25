"""Terms of grants: those of one callee agree, can be kept, and something enforces them."""

from collections.abc import Iterator

from kgen.results import WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.grants import Grant
from kgen.topology.index import Key, about, place


def check(draft: Draft) -> Iterator[Result]:
    stated: dict[tuple[Key, str], Grant] = {}
    for grant in draft.grants:
        spec = grant.document.manifest["spec"]
        for term in ("limits", "jwt"):
            if not spec.get(term):
                continue
            if not draft.mesh.active:
                message = "is not enforced: it takes the mesh layer (profile Mesh, or spec.layers: {mesh: Enabled})"
                yield about(grant.document, "terms-without-mesh", f"spec.{term}", message, WARNING)
            for callee in grant.callees:
                first = stated.setdefault((callee, term), grant)
                if first.document.manifest["spec"][term] != spec[term]:
                    message = (
                        f"differs from the grant at {place(first.document)}: grants of {'/'.join(callee)} must agree; "
                        "state the terms in one of them"
                    )
                    yield about(grant.document, "grant-terms", f"spec.{term}", message)
        yield from _sound(grant)
        yield from _known(grant, draft)
        if draft.mesh.active and draft.mesh.mode == "Ambient" and spec.get("limits"):
            message = (
                "can not be enforced in ambient mode: waypoints ignore the filter that limits requests (istio.io, "
                "Migrate policies); remove it, or run the mesh with sidecars"
            )
            yield about(grant.document, "limits-in-ambient", "spec.limits", message)


def _known(grant: Grant, draft: Draft) -> Iterator[Result]:
    """A callee that nothing else names is probably misspelt: the grant would admit to nobody."""
    for key in grant.callees:
        end = draft.ends[key]
        if end.manifest or any(mention.document.manifest["kind"] != "AgentGrant" for mention in end.mentions):
            continue
        from difflib import get_close_matches

        others = {other[1] for other in draft.ends if other[0] == key[0] and other != key}
        if near := get_close_matches(key[1], sorted(others), 1, 0.75):
            message = (
                f"no link and no manifest knows {'/'.join(key)}: did you mean {near[0]}? If it is an agent that is "
                "called later, nothing is wrong"
            )
            field = next(mention.field for mention in end.mentions if mention.document is grant.document)
            yield about(grant.document, "grant-callee", field, message, WARNING, near[0])


def _sound(grant: Grant) -> Iterator[Result]:
    spec = grant.document.manifest["spec"]
    limits, token = spec.get("limits"), spec.get("jwt")
    if limits and limits["burst"] < limits["requestsPerSecond"]:
        message = (
            f"found {limits['burst']}, less than requestsPerSecond ({limits['requestsPerSecond']}), so that never more "
            f"than {limits['burst']} a second get through: raise it, or lower requestsPerSecond"
        )
        yield about(grant.document, "grant-limits", "spec.limits.burst", message)
    if token and bool(token.get("jwksUri")) == bool(token.get("jwks")):
        message = "needs exactly one of jwksUri and jwks, or no token could be verified, or two ways contradict"
        yield about(grant.document, "grant-jwt", "spec.jwt", message)
    for position, claim in enumerate(token["requiredClaims"] if token else ()):
        if not all(sign.isalnum() or sign in "-_.:/" for sign in claim["name"]):
            message = f"found {claim['name']!r}, expected the name of one claim: letters, digits and - _ . : /"
            yield about(grant.document, "grant-jwt", f"spec.jwt.requiredClaims[{position}].name", message)
