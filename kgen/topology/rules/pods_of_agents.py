"""The pods of an agent are its own: no other end selects them, and no flow but a link leads to them.

Policies are written for selectors. An end whose selector takes in another agent's pods would open them to its own
callers, and an egress to them would be a call that no link names.
"""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import ERROR, WARNING, Result
from kgen.runtimes import kagent
from kgen.runtimes.services import matches, pod_labels
from kgen.runtimes.shapes import labels
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about

Pods = dict[str, list[tuple[Key, dict[str, str]]]]
"""Namespace -> its agents, with the labels that their pods are known to have."""


def check(draft: Draft) -> Iterator[Result]:
    pods: Pods = {}
    for key in draft.ends:
        pods.setdefault(key[0], []).append((key, known_labels(key, draft)))
    yield from _ends(draft, pods)
    yield from _flows(draft, pods)


def _ends(draft: Draft, pods: Pods) -> Iterator[Result]:
    """Selectors of workloads; those of Agents name one agent."""
    for key, end in draft.ends.items():
        selector = draft.endpoints[key].pod_selector
        if draft.is_agent(key) or not (selector.get("matchLabels") or selector.get("matchExpressions")):
            continue  # an empty one is refused where the end is made
        others = ["/".join(other) for other, of_pod in pods[key[0]] if other != key and matches(selector, of_pod)]
        if others:
            said = f"also selects the pods of {', '.join(others[:5])}, and would open them to the callers of "
        elif matches(selector, kagent.pod_labels("")):  # the labels of an agent that has no name
            said = f"would select every kagent agent of {key[0]}, and open all of them to the callers of "
        else:
            continue
        message = f"{said}{'/'.join(key)}: name labels that only its own pods have"
        if end.manifest:
            yield about(end.manifest, "shared-pods", "spec.selector", message)
        else:
            mention = end.says("podSelector")
            yield about(mention.document, "shared-pods", f"{mention.field}.podSelector", message)


def _flows(draft: Draft, pods: Pods) -> Iterator[Result]:
    """Egress, tools and infrastructure: what leads to an agent is a link."""
    told = set()
    for caller, flows in draft.egress.items():
        for flow in flows:
            for peer in flow.peers:
                chosen = peer.pod_selector.get("matchLabels") or {}
                found = [
                    other
                    for other, of_pod in pods.get(peer.namespace, ())
                    if other != caller and matches(peer.pod_selector, of_pod)
                ]
                linked = len(found) == 1 and (caller, found[0]) in draft.calls
                if linked and peer.pod_selector == draft.endpoints[found[0]].pod_selector:
                    continue
                by_label = chosen.get("app") == "kagent" or "kagent" in chosen
                if not (found or by_label) or (caller, flow.name) in told:
                    continue
                told.add((caller, flow.name))
                whose = ", ".join("/".join(other) for other in found[:5]) or f"kagent agents in {peer.namespace}"
                message = (
                    f"{flow.name} of {'/'.join(caller)} leads to the pods of {whose}, and only a link may: name the "
                    "callee in `to`, or choose a podSelector with the labels of the server that is meant"
                )
                standing = draft.standing.get(caller[0])
                severity = ERROR if standing is None or standing.enforced else WARNING
                mention = draft.ends[caller].mentions[0]
                yield about(mention.document, "peer-is-agent", mention.field, message, severity)


def known_labels(key: Key, draft: Draft) -> dict[str, str]:
    """What the pods of an agent carry for certain."""
    end, endpoint = draft.ends[key], draft.endpoints[key]
    if draft.is_agent(key):
        own: dict[str, str] = {}
        if key in draft.definitions:
            own = draft.definitions[key].labels
        elif end.manifest:
            own = labels(kagent.deployment_of(end.manifest.manifest).get("labels"))
        return kagent.pod_labels(key[1]) | own
    return (pod_labels(end.manifest.manifest) if end.manifest else {}) | labels(
        get(endpoint.pod_selector, "matchLabels")
    )
