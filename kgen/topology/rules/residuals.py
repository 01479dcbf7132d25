"""What stays possible, or is left to somebody else, said at every run."""

from collections.abc import Iterator

from kgen.results import INFO, WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about
from kgen.topology.switches import is_on
from kgen.topology.types import EXTERNAL


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    agents = [key for key in draft.ends if draft.is_agent(key)]
    kagent = spec["kagent"]
    if agents and draft.mesh.active:
        yield from _guarded(draft, agents)
    elif agents:
        locked = is_on(spec, "admission") and spec["admission"]["locks"]["controllerWrites"] == "Cluster"
        message = (
            f"every agent has to reach the kagent controller ({kagent['namespace']}:8083), and whoever reaches it "
            f"can call any agent{'' if locked else ' and write Agents'} there: no network policy can tell these calls "
            f"apart. This stays open at profile {spec['profile']}"
            + (" without the mesh layer" if spec["profile"] != "Baseline" else "")
        )
        yield about(draft.platform, "residual-8083", "spec.profile", message, WARNING)
        if kagent["authMode"] == "TrustedProxy":
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
