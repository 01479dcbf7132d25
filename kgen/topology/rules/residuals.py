"""What stays possible, or is left to somebody else, said at every run."""

from collections.abc import Iterator

from kgen.results import INFO, WARNING, Result
from kgen.runtimes import kagent
from kgen.topology.control import uses_waypoint
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about
from kgen.topology.mesh import USE_WAYPOINT
from kgen.topology.switches import is_on
from kgen.topology.types import EXTERNAL


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    agents = [key for key in draft.ends if draft.is_agent(key)]
    given = spec["kagent"]
    if agents and draft.mesh.active:
        yield from _guarded(draft, agents)
    elif agents:
        locked = is_on(spec, "admission") and spec["admission"]["locks"]["controllerWrites"] == "Cluster"
        message = (
            f"every agent has to reach the kagent controller ({given['namespace']}:8083), and whoever reaches it "
            f"can call any agent{'' if locked else ' and write Agents'} there: no network policy can tell these calls "
            f"apart. This stays open at profile {spec['profile']}"
            + (" without the mesh layer" if spec["profile"] != "Baseline" else "")
        )
        yield about(draft.platform, "residual-8083", "spec.profile", message, WARNING)
        if given["authMode"] == "TrustedProxy":
            message = "TrustedProxy does not verify the tokens it is given: it keeps nobody out who reaches port 8083"
            yield about(draft.platform, "auth-mode", "spec.kagent.authMode", message, INFO)
    for key, end in draft.ends.items():
        endpoint, mention = draft.endpoints[key], end.mentions[0]
        if endpoint.presence == EXTERNAL:
            pods = ", ".join(f"{k}={v}" for k, v in (endpoint.pod_selector.get("matchLabels") or {}).items())
            message = (
                f"{endpoint.kind} {'/'.join(key)} is external: kgen only selects its pods ({pods or 'by expression'}); "
                "give its manifest as input, or `define` it, to have it wired"
            )
            yield about(mention.document, "external", mention.field, message, INFO)


def _guarded(draft: Draft, agents: list[Key]) -> Iterator[Result]:
    """In the mesh the guard closes port 8083, as soon as it is there and holds for everybody."""
    spec = draft.platform.manifest["spec"]["kagent"]
    observed = sorted({key[0] for key in agents if not draft.standing[key[0]].enforced})
    yield from _behind(draft, bool(observed))
    if not spec["managePolicies"]:
        message = (
            f"port 8083 of the kagent controller ({spec['namespace']}) calls any agent and writes Agents for whoever "
            "reaches it, until the owner of that namespace applies the guard that is printed; or set "
            "spec.kagent.managePolicies: true"
        )
        yield about(draft.platform, "residual-8083", "spec.kagent.managePolicies", message, WARNING)
    if observed:
        message = (
            f"{', '.join(observed)} under Observe: the guard of port 8083 holds for the agents under Enforce, but lets "
            "everybody else reach the controller until every namespace is under Enforce"
        )
        yield about(draft.platform, "residual-8083", "spec.namespaces", message, WARNING)


def _behind(draft: Draft, observing: bool) -> Iterator[Result]:
    """In ambient mode the guard stands at a waypoint, and that the controller's Service uses it is up to its owner."""
    spec = draft.platform.manifest["spec"]
    release, name = kagent.release(spec["kagent"]), draft.mesh.waypoint
    if not name or uses_waypoint(draft, release):
        return
    space, managed = release.namespace, spec["kagent"]["managePolicies"]
    if managed and draft.inputs.find("Service", space, release.controller):
        return  # the label is merged into it
    made = managed or draft.inputs.find("Gateway", space, name)
    gateway = "" if made else f"apply the Gateway {name} and "
    closed = not observing or is_on(spec, "network")
    until = (
        "until then nothing reaches the controller, agents included: its pods take only what comes through there"
        if closed
        else "until then no request goes through that waypoint, and the guard holds for nobody"
    )
    order = "" if managed else ", before they apply the policies"
    message = (
        f"the guard of port 8083 stands at waypoint {space}/{name}: the owner of {space} has to {gateway}label "
        f"Service {release.controller} {USE_WAYPOINT}={name}, as printed{order}; {until}"
    )
    yield about(draft.platform, "controller-waypoint", "spec.mesh.waypoint", message, WARNING)
