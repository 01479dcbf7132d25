"""The agents behind an egress gateway: where it can stand, and what would keep them from going through it."""

from collections.abc import Iterator

from kgen.results import INFO, Result
from kgen.runtimes.shapes import items, text
from kgen.topology import detours
from kgen.topology.draft import Draft
from kgen.topology.gateways import VARIABLES, proxy
from kgen.topology.index import Key, about
from kgen.topology.types import EXTERNAL, WIRED

# A StatefulSet's controller puts NAME-HASH, eleven more, into the label controller-revision-hash of its pods.
_LONGEST = {"Deployment": 63, "StatefulSet": 52}


def check(draft: Draft) -> Iterator[Result]:
    for place, serving in draft.gateways.items():
        yield from _standing(place, serving.agents, draft)
        yield from _name(place, serving.agents, draft)
        for agent in serving.agents:
            yield from _definition(agent, draft)
            if not draft.is_agent(agent):
                yield from _workload(agent, draft)


def _standing(place: Key, agents: tuple[Key, ...], draft: Draft) -> Iterator[Result]:
    """A gateway is a workload: it stands where kgen may put one, and under policies."""
    standing, shared = draft.standing[place[0]], draft.platform.manifest["spec"]["egressGateway"]["scope"] == "Shared"
    field = f'spec.namespaces["{place[0]}"]'
    if standing.management == "External":
        whom = ", ".join("/".join(agent) for agent in agents)
        message = (
            f"the egress gateway {'/'.join(place)} (for {whom}) would be a workload in a namespace that is somebody "
            f"else's: list {place[0]} in spec.namespaces as Owned or Shared"
            + ("" if shared else ", or set egressGateway.scope: Shared")
        )
        yield about(draft.platform, "gateway-namespace", field, message)
    elif not standing.enforced:
        message = (
            f"{place[0]} is under Observe, but the egress gateway {'/'.join(place)} serves agents under Enforce, and "
            "without its own policies anybody gets out through it: set enforcement: Enforce"
        )
        yield about(draft.platform, "gateway-namespace", f"{field}.enforcement", message, proposed="Enforce")


def _name(place: Key, agents: tuple[Key, ...], draft: Draft) -> Iterator[Result]:
    """The name of a gateway is a label of its pods; a StatefulSet's also with a hash behind it."""
    kind = draft.platform.manifest["spec"]["egressGateway"]["kind"]
    longest = _LONGEST[kind]
    if len(place[1]) > longest:
        mention = draft.ends[agents[0]].mentions[0]
        message = (
            f"the egress gateway of {'/'.join(agents[0])} would be called {place[1]}, of {len(place[1])} characters, "
            f"and a {kind} leaves it {longest}: give the agent a shorter name (at most "
            f"{longest - len(detours.NAME) - 1}), or choose another egressGateway.scope"
        )
        yield about(mention.document, "gateway-name", mention.field, message)


def _definition(agent: Key, draft: Draft) -> Iterator[Result]:
    """Variables of a definition that say otherwise than the gateway's."""
    end = draft.ends[agent]
    define = end.facts.get("define") or {}
    for position, variable in enumerate(define.get("env") or ()):
        if variable["name"] in VARIABLES:
            mention = end.says("define")
            message = (
                f"{variable['name']} is what sends the agent through its egress gateway, and kgen sets it: take it out"
            )
            yield about(mention.document, "gateway-variable", f"{mention.field}.define.env[{position}]", message)


def _workload(agent: Key, draft: Draft) -> Iterator[Result]:
    """A workload with several containers: which of them goes out, kgen can not tell."""
    end, endpoint = draft.ends[agent], draft.endpoints[agent]
    needs = proxy(agent, draft)
    if needs is None:
        return
    url = text(needs.variables[0]["value"])
    if endpoint.presence == EXTERNAL:
        mention = end.mentions[0]
        message = (
            f"{endpoint.kind} {'/'.join(agent)} is external, and goes out only by its gateway: its owner has to set "
            f"HTTP_PROXY, HTTPS_PROXY and the same in small letters to {url}, NO_PROXY and no_proxy to "
            f"{needs.variables[4]['value']}"
            + (
                f", mount ConfigMap {needs.bundle} at {needs.mount_path}, and name its file in "
                + ", ".join(one["name"] for one in needs.variables[6:])
                if needs.bundle
                else ""
            )
        )
        yield about(mention.document, "gateway-external", mention.field, message, INFO)
    if endpoint.presence == WIRED and end.manifest and not needs.containers:
        pod = end.manifest.manifest["spec"]["template"]["spec"]
        names = ", ".join(text(one.get("name")) for one in items(pod.get("containers")))
        message = (
            f"has several containers ({names}), and goes out only by its egress gateway: mark those that do with the "
            f"variable HTTPS_PROXY: {url}; kgen adds the rest to them"
        )
        yield about(end.manifest, "gateway-containers", "spec.template.spec.containers", message)
