"""Selectors and references that lead nowhere: a policy for no pod protects nothing, a peer that is nobody opens none.

A namespace counts as known where manifests show pods of it; in others nothing can be said. Pods that a question names
count as there.
"""

from collections.abc import Iterator

from kgen.manifests import Path
from kgen.proof.endpoints import Endpoint
from kgen.proof.findings import DANGLING, DISAGREEMENT, NOT_UNDERSTOOD, Cause, Finding, of_policy
from kgen.proof.naming import ends
from kgen.proof.pods import Pod
from kgen.proof.spaces import bits
from kgen.proof.terms import DIRECTIONS, PodTerm, Policy
from kgen.proof.world import World


def findings(world: World) -> Iterator[Finding]:
    """Of policies whose pods are none, of rules whose peers are none, of accounts that no manifest shows."""
    index = world.index
    there = index.known
    for question in world.asked.questions:
        there |= world.means((*question.sources, *question.targets), True)
    shown = {one.pod.namespace for one in world.endpoints if one.pod is not None}
    for policy in world.policies:
        subjects = policy.subjects
        if subjects.namespace in shown and subjects.pods and not index.subjects(subjects) & there:
            message = f"selects no pod of {subjects.namespace}: none that is known there has these labels"
            yield Finding(DANGLING, message, _advice(world, subjects), (of_policy(policy),))
        yield from _peers(world, policy, there, shown)
    yield from _too_wide(world)
    yield from _alike(world)


def _alike(world: World) -> Iterator[Finding]:
    """Known pods that are of two ends: what one of them may, these pods may, and nothing tells for whom."""
    once = twice = 0
    for term, _ in world.asked.agents:
        pods = world.asks((term,), False) & world.index.known
        twice |= once & pods
        once |= pods
    for position in bits(twice):
        names = [name for term, name in world.asked.agents if world.asks((term,), False) >> position & 1]
        whose = f"the selectors of {' and '.join(names)}: whose they are is not told"
        message = f"the pods of {world.endpoints[position].title} fit {whose}"
        yield Finding(NOT_UNDERSTOOD, message, "give each end labels that only its own pods have")


def _too_wide(world: World) -> Iterator[Finding]:
    """Policies of kgen's that isolate pods which nobody asks to guard: those lose what they reached before."""
    meant = world.guarded_in | world.guarded_out
    for term, _ in world.asked.names:
        meant |= world.index.subjects(term)
    for policy in world.policies:
        extra = world.index.subjects(policy.subjects) & ~meant
        deny = not (policy.subjects.pods or policy.ingress or policy.egress)  # a whole namespace's, on purpose
        if policy.layer and policy.isolates and extra and not deny:
            message = f"isolates {ends(world, extra)} as well, which nobody asks for: they lose what they reached"
            yield Finding(DISAGREEMENT, message, "select exactly the agent's pods", (of_policy(policy),))


def _peers(world: World, policy: Policy, there: int, shown: set[str]) -> Iterator[Finding]:
    for direction in DIRECTIONS:
        for rule in policy.rules(direction):
            side = "from" if direction == DIRECTIONS[0] else "to"
            for number, term in enumerate(rule.peers or ()):
                if not isinstance(term, PodTerm) or world.index.peers(term, False) & there:
                    continue
                spaces = _spaces(world, term)
                if spaces and not spaces & shown:
                    continue
                path: Path = (*rule.path, side, number)
                cause = Cause(policy.identity, policy.origin, path)
                what = f"no known pod of {', '.join(sorted(spaces))}" if spaces else "no known namespace"
                message = f"names a peer that is {what}: it lets nobody through, unless somebody takes its labels"
                yield Finding(DANGLING, message, _advice(world, term), (cause,))


def _spaces(world: World, term: PodTerm) -> set[str]:
    """The known namespaces that a term speaks of."""
    everywhere = term._replace(pods={})
    return {
        world.endpoints[position].namespace for position in bits(world.index.subjects(everywhere) & world.index.pods)
    } - {""}


def _advice(world: World, term: PodTerm) -> str:
    """The labels of pods that may have been meant."""
    candidates: list[Endpoint] = [
        world.endpoints[i] for i in bits(world.index.subjects(term._replace(pods={})) & world.index.known)
    ]
    if not candidates:
        return "correct the selector"
    one = candidates[0]
    keep = {key: value for key, value in one.labels.items() if key in ("app", "kagent")} or one.labels
    labels = ", ".join(f"{key}={value}" for key, value in sorted(keep.items()))
    return f"correct the selector; {one.name} has {labels or 'no labels'}"


def accounts(pods: list[Pod], made: set[tuple[str, str]], spaces: set[str]) -> Iterator[Finding]:
    """Agents under a ServiceAccount that no manifest shows, in namespaces where other accounts are shown.

    kagent makes the account itself where it has the agent's name.
    """
    for pod in pods:
        own = (pod.namespace, pod.service_account)
        if pod.identity.kind != "Agent" or pod.service_account == pod.identity.name or own in made:
            continue
        if pod.namespace in spaces:
            cause = Cause(pod.identity, pod.origin, ("spec",))
            message = f"runs under ServiceAccount {pod.namespace}/{pod.service_account}, which no manifest shows"
            yield Finding(DANGLING, message, "add the ServiceAccount", (cause,), layer="rbac")
