"""Which namespaces a change can matter to, so that a small change of a large bundle costs little.

Traffic needs both sides. What differs between two worlds has an end at a pod whose policies, or which itself, changed;
where that pod is isolated, its other end is among those that its own policies name. So the namespaces of the change
and those that its policies name are enough, unless a pod of the change is open, or a policy names addresses that pods
could have, or namespaces by labels: then all of them matter. A policy of the mesh is one of its pods' own; a waypoint
is looked at with what is behind it.
"""

from collections.abc import Iterable

from kgen.compare.objects import Differing, Pair
from kgen.compare.sides import Key, Side
from kgen.compare.worlds import Worlds, build, concerns
from kgen.manifests import Document, Manifest, get
from kgen.proof.endpoints import named_namespaces
from kgen.proof.index import POD_BLOCKS, mask_of
from kgen.proof.pods import pods
from kgen.proof.reachability import Network
from kgen.proof.spaces import span
from kgen.proof.terms import DIRECTIONS, EGRESS, INGRESS, BlockTerm, PodTerm, Rule

_POLICIES = frozenset((("networking.k8s.io", "NetworkPolicy"), ("cilium.io", "CiliumNetworkPolicy")))
_TIERS = "policy.networking.k8s.io"
_FEW = 3  # where a third of all namespaces are touched, nothing is won by leaving out others
_MESH = frozenset(("security.istio.io", "networking.istio.io", "gateway.networking.k8s.io"))


def worlds(base: Side, head: Side, found: Differing) -> Worlds | None:
    """The worlds in which everything that the change can matter to is; None where it matters to no traffic."""
    relevant = [pair for pair in found.pairs.values() if _matters(pair)]
    if not relevant:
        return None
    spaces = {_space(pair) for pair in relevant}
    if _reaches_far(base, relevant) or _reaches_far(head, relevant):
        return build(base, head, found, None)
    if any(not space for space in spaces) or len(spaces) * _FEW > len({key[2] for key in head.items}):
        return build(base, head, found, None)
    near = {base.root_namespace, head.root_namespace} - {""}
    if any(pair.key[0] in _MESH and _space(pair) in near for pair in relevant):
        return build(base, head, found, None)
    small = build(base, head, found, frozenset(spaces | near))
    named = _named(base, head, small, relevant)
    if named is None:
        return build(base, head, found, None)
    named |= _waypoints(small)
    return small if named <= spaces | near else build(base, head, found, frozenset(named | spaces | near))


def _reaches_far(side: Side, relevant: list[Pair]) -> bool:
    """Whether something decides beyond the namespaces of the change that its objects do not say.

    A tier's policies let a new pod through, or it to others, whatever those of its namespace name. And without links
    the trust domain is what most principals of all policies say.
    """
    groups = {key[0] for key in side.items}
    if _TIERS in groups and any(pair.key[:2] not in _POLICIES for pair in relevant):
        return True
    return "security.istio.io" in groups and side.topology is None


def _waypoints(small: Worlds) -> set[str]:
    """Namespaces of waypoints in front of Services elsewhere."""
    meshes = [world.mesh for world in (small.base, small.head) if world.mesh is not None]
    found = {service.waypoint.partition("/")[0] for mesh in meshes for service in mesh.services.values()}
    return found - {""}


def _space(pair: Pair) -> str:
    kind, namespace, name = pair.key[1:]
    return name if kind == "Namespace" else namespace


def _matters(pair: Pair) -> bool:
    """Whether it can change who reaches whom."""
    if not concerns(pair.key):
        return False
    if pair.key[:2] in _POLICIES or pair.key[0] in _MESH or pair.key[0] == _TIERS:
        return True
    if pair.key[:2] == ("", "Namespace"):
        return _labels(pair.before) != _labels(pair.after)
    return _pod(pair, pair.before) != _pod(pair, pair.after)


def _pod(pair: Pair, manifest: Manifest | None) -> object:
    if manifest is None:
        return None
    found = list(pods([Document(manifest, pair.item.origin)]))
    return found or None


def _labels(manifest: Manifest | None) -> dict[str, str] | None:
    return None if manifest is None else get(manifest, "metadata", "labels", default={})


def _named(base: Side, head: Side, small: Worlds, relevant: list[Pair]) -> set[str] | None:
    """Namespaces that the policies of the changed pods name; None where that could be any."""
    known = {_space_of(key) for key in base.items}
    made = _Ends(small)
    fresh = made.of_new_spaces(known)
    ends: dict[str, int] = {INGRESS: 0, EGRESS: 0}
    sides = (small.base, small.head)
    policies = [{policy.identity.key: policy for policy in world.policies} for world in sides]
    for pair in relevant:
        for world, by_key in zip(sides, policies, strict=True):
            policy = by_key.get(pair.key)
            for way in policy.isolates if policy is not None else ():
                assert policy is not None
                ends[way] |= world.index.subjects(policy.subjects)
        if pair.key[:2] not in _POLICIES:
            touched = made.touched(pair)
            for way in DIRECTIONS:
                ends[way] |= touched
    found: set[str] = set()
    for world, there, new_is_open in ((small.base, small.in_base, True), (small.head, small.in_head, False)):
        network = Network(world, False)
        for way in DIRECTIONS:
            subjects = ends[way] & there
            free = subjects & ~network.isolated[way]
            if new_is_open:
                # of a namespace that comes with this change nothing is told but what opens: see edges.py
                free &= ~fresh
            if free:
                return None
            for policy in world.policies:
                if world.index.subjects(policy.subjects) & subjects:
                    places = _places(policy.rules(way))
                    if places is None:
                        return None
                    found |= places
    return found


def _space_of(key: tuple[str, str, str, str]) -> str:
    return key[3] if key[:2] == ("", "Namespace") else key[2]


class _Ends:
    """Which ends an object makes, and which are in a namespace."""

    def __init__(self, small: Worlds) -> None:
        made: dict[Key, list[int]] = {}
        inside: dict[str, list[int]] = {}
        for position, one in enumerate(small.slots):
            if one.pod is not None:
                made.setdefault(one.pod.identity.key, []).append(position)
            inside.setdefault(one.namespace, []).append(position)
        self._made = {key: mask_of(positions) for key, positions in made.items()}
        self._inside = {space: mask_of(positions) for space, positions in inside.items()}

    def touched(self, pair: Pair) -> int:
        """The ends that an object makes, or all of the namespace where it is no pod."""
        return self._made.get(pair.key) or self._inside.get(_space(pair), 0)

    def of_new_spaces(self, known: set[str]) -> int:
        """Ends in namespaces that only the new side knows."""
        found = 0
        for space, mask in self._inside.items():
            if space and space not in known:
                found |= mask
        return found


def _places(rules: Iterable[Rule]) -> set[str] | None:
    found: set[str] = set()
    for rule in rules:
        if rule.peers is None:
            return None
        for term in rule.peers:
            if isinstance(term, BlockTerm):
                if _may_hold_pods(term):
                    return None
            elif isinstance(term, PodTerm):
                names = [term.namespace] if term.namespaces is None else named_namespaces(term.namespaces)
                if not names:
                    return None
                found |= set(names)
    return found


def _may_hold_pods(term: BlockTerm) -> bool:
    """Whether an address of the block could be a pod's. Blocks that are cut out have to hold the pods' blocks whole."""
    own = span(term.cidr)
    if own is None:
        return False
    for block in map(span, POD_BLOCKS):
        if block is None or block.version != own.version or block.last < own.first or own.last < block.first:
            continue
        cut = [one for one in map(span, term.excluded) if one is not None and one.version == block.version]
        if not any(one.first <= max(block.first, own.first) and min(block.last, own.last) <= one.last for one in cut):
            return True
    return False
