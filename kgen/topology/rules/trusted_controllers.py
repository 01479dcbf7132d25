"""Controllers of other projects that write what admission leaves to trusted writers.

Without them a pod never starts, or never starts again. kgen asks for their names and adds none: it is a right.
"""

from collections.abc import Iterator

from kgen.results import INFO, Result
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.switches import is_on

_FIELD = "spec.admission.trustedWriters"
_RELOADER = "system:serviceaccount:reloader:reloader-reloader"  # its chart's, where release and namespace are so called


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    if not is_on(spec, "admission"):
        return
    writers = spec["admission"]["trustedWriters"]
    yield from _waypoints(draft, writers)
    opened = bool(draft.gateways) and spec["egressGateway"]["tlsBridge"] == "Enabled"
    if opened and not any("reloader" in writer for writer in writers):
        places = ", ".join("/".join(place) for place in draft.gateways)
        message = (
            f"names no Reloader, so admission refuses what it would write on {places} when the authority is renewed "
            f"(rollout restart too): add it where it runs ({_RELOADER}); else delete the gateway's pods one by one in "
            "the days between renewal and the end of the old certificate"
        )
        yield about(draft.platform, "gateway-restart", _FIELD, message, INFO)


def _waypoints(draft: Draft, writers: list[str]) -> Iterator[Result]:
    """istiod makes a waypoint's Deployment, with labels that take it out of the mesh (istio 1.30, files/waypoint.yaml):
    the very ones that admission leaves to trusted writers, and it runs as what every agent behind it believes."""
    closed = sorted(name for name in draft.behind if draft.standing[name].enforced)
    given = draft.platform.manifest["spec"]["mesh"]
    home, revision = given["istiod"]["peer"]["namespace"], given.get("revision") or ""
    # Under a tag the account has the revision's name, which the Platform does not know.
    if not closed or any(writer.startswith(f"system:serviceaccount:{home}:istiod") for writer in writers):
        return
    user = f"system:serviceaccount:{home}:istiod" + (f"-{revision}" if revision not in ("", "default") else "")
    message = (
        f"lacks {user}: it makes the waypoint of {', '.join(closed)}, whose pods carry what admission leaves to "
        "trusted writers; add it, or no waypoint starts and nothing gets through"
    )
    yield about(draft.platform, "trusted-writers", _FIELD, message, proposed=user)
