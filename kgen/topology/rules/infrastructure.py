"""Infrastructure flows name one other side, ports where they go out, and agents of this run."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.calls import fits
from kgen.topology.draft import Draft
from kgen.topology.index import about


def check(draft: Draft) -> Iterator[Result]:
    for name, flow in sorted(draft.platform.manifest["spec"]["network"]["infrastructure"].items()):
        field = f'spec.network.infrastructure["{name}"]'
        if bool(flow.get("peer")) == bool(flow.get("cidr")):
            message = "needs exactly one of peer and cidr to say what the other side is"
            yield about(draft.platform, "infrastructure", field, message)
        ports = (flow.get("peer") or {}).get("ports") or flow.get("ports")
        if flow["direction"] == "Egress" and not ports:
            message = "needs ports, or every port of the other side would be open: set ports, or peer.ports"
            yield about(draft.platform, "infrastructure", field, message)
        for position, pattern in enumerate(flow["agents"]):
            namespace, _, agent = pattern.partition("/")
            waits = agent == "*" and namespace in draft.standing  # a listed namespace may have no agent yet
            if not waits and not any(fits(pattern, key) for key in draft.ends):
                near = ", ".join(sorted("/".join(key) for key in draft.ends)[:5]) or "none"
                message = (
                    f"found {pattern}, which is no agent of this run; correct it or take it out; there are: {near}"
                )
                yield about(draft.platform, "infrastructure", f"{field}.agents[{position}]", message)
