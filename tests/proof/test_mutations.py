"""Every damage to a network object of an example's bundle is found, but for those that change nothing, one by one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgen.manifests import Document, Manifest, get
from kgen.proof import Source, prove
from kgen.shared import own
from tests.examples.rendering import EXAMPLES, ROOT, bundle, commands
from tests.proof import mesh_mutations
from tests.proof.mutations import NETWORK, mutants

Mutants = Callable[[Manifest], Iterator[tuple[str, Manifest | None]]]

DNS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}
LARGE = "04-many-teams"
OBSERVED = "07-adoption"  # its first rendering has no policy; its second one is Enforce


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def renderings(example: Path) -> Iterator[list[str]]:
    """The words of each of an example's renderings that need no further program."""
    for words in commands(example):
        if words[:1] == ["render"] and "-o" not in words:
            yield words[1:]


MESHED = ("08-mesh-sidecar", "09-mesh-ambient", "13-zero-trust-sidecar", "14-zero-trust-ambient", "16-verified-cards")
Missed = list[tuple[Manifest, str, Manifest | None, bool]]  # object, what was done, result; a policy of names beside it


def undetected(
    words: list[str], kinds: tuple[str, ...] = NETWORK, mutants: Mutants = mutants, every: int = 1
) -> tuple[int, Missed]:
    """How many mutants there were, and those of every n-th that the proof says nothing new about."""
    made = bundle(words)
    sources = [Source(Document(own(entry.build()), entry.origin), entry.layer) for entry in made.entries]
    before = {(finding.kind, finding.message) for finding in prove(sources, made.topology).findings}
    named = {(e.identity.namespace, e.identity.name) for e in made.entries if e.identity.kind == NETWORK[1]}
    missed: Missed = []
    count = 0
    for position, source in enumerate(sources):
        if source.document.manifest["kind"] not in kinds:
            continue
        for what, mutant in mutants(source.document.manifest):
            count += 1
            if count % every:
                continue
            changed = [] if mutant is None else [source._replace(document=Document(mutant, source.document.origin))]
            proof = prove([*sources[:position], *changed, *sources[position + 1 :]], made.topology)
            if {(finding.kind, finding.message) for finding in proof.findings} <= before:
                manifest = source.document.manifest
                beside = (manifest["metadata"]["namespace"], f"{manifest['metadata']['name']}-fqdn") in named
                missed.append((manifest, what, mutant, beside))
    return count, missed


def why_neutral(manifest: Manifest, what: str, mutant: Manifest | None, beside: bool) -> str:
    """The reason why a mutant means the same as the original; "" where there is none."""
    if mutant is None:
        return ""
    spec, after = manifest["spec"], mutant["spec"]
    if what.endswith(".protocol") and what.startswith("take out ") and _defaulted(spec) == _defaulted(after):
        return "TCP is the protocol of a port that names none"
    if "policyTypes" in what and spec["policyTypes"] == ["Ingress"]:
        return "without policyTypes a policy is for ingress"
    if "policyTypes" in what and spec["policyTypes"] == ["Egress"] and spec.get("egress"):
        return "without policyTypes egress rules make it one for egress, and its pods' ingress is isolated anyway"
    if what == "take out spec.podSelector" and spec["podSelector"] == {}:
        return "an absent podSelector is an empty one"
    if what.endswith(".namespaceSelector") and what.startswith("take out "):
        home = {"matchLabels": {"kubernetes.io/metadata.name": manifest["metadata"]["namespace"]}}
        if _where(spec, after) == home:
            return "without namespaceSelector a peer is in the policy's own namespace, which it named"
    if manifest["kind"] == NETWORK[1] and what == "add a rule for everything to spec.egress":
        return "in a CiliumNetworkPolicy an empty rule isolates, and lets nobody through"
    if beside and (_gone(spec, after) == DNS or _beside_lookups(spec) == _beside_lookups(after)):
        return "the rule that proxies lookups, in NAME-egress-fqdn, lets the same through"
    if beside and "Egress" in (after.get("policyTypes") or ()) and _but_lookups(spec) == _but_lookups(after):
        return "the rule that proxies lookups, in NAME-fqdn, lets the same through"
    rules, left = spec.get("egress") or [], after.get("egress") or []
    if all(any(_within(rule, one) for one in left) for rule in rules) and all(
        one in rules or _part(one, rules) for one in left
    ):
        return "two flows ask for the same, and the other rule still says it"
    return ""


def _defaulted(spec: Manifest) -> list[list[tuple[str, object]]]:
    return [
        [(port.get("protocol", "TCP"), port.get("port")) for port in rule.get("ports") or []]
        for rule in [*(spec.get("ingress") or []), *(spec.get("egress") or [])]
    ]


def _where(before: Manifest, after: Manifest) -> object:
    """The namespaceSelector that one has and the other has not."""
    for section, side in (("ingress", "from"), ("egress", "to")):
        for one, other in zip(before.get(section) or [], after.get(section) or [], strict=True):
            for peer, left in zip(one.get(side) or [], other.get(side) or [], strict=True):
                if peer != left:
                    return peer.get("namespaceSelector")
    return None


def _beside_lookups(spec: Manifest) -> list[Manifest]:
    """The egress rules that are not for lookups alone."""
    return [rule for rule in spec.get("egress") or [] if rule.get("to") != [DNS] or not rule.get("ports")]


def _gone(before: Manifest, after: Manifest) -> object:
    """The one peer of an egress rule that is not there any more."""
    for one, other in zip(before.get("egress") or [], after.get("egress") or [], strict=False):
        if len(other.get("to") or []) == len(one.get("to") or []) - 1 > 0:
            return next((peer for peer in one["to"] if peer not in other["to"]), None)
    return None


def _but_lookups(spec: Manifest) -> Manifest:
    """The spec without the rules that only let lookups out."""
    left = [rule for rule in spec.get("egress") or [] if rule.get("to") != [DNS]]
    return {**spec, "egress": left}


def _within(rule: Manifest, other: Manifest) -> bool:
    if "to" not in rule:
        return rule == other
    return rule.get("ports") == other.get("ports") and all(peer in get(other, "to", default=[]) for peer in rule["to"])


def _part(one: Manifest, rules: list[Manifest]) -> bool:
    return bool(one.get("to")) and any(_within(one, rule) for rule in rules)


@pytest.mark.parametrize("every", [24, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.name != LARGE], ids=lambda example: example.name)
def test_every_damage_is_found(example: Path, every: int) -> None:
    first = 1 if example.name == OBSERVED else 0
    for words in list(renderings(example))[first : first + 1]:
        count, missed = undetected(words, every=every)
        assert count > 100
        assert not [(one[0]["metadata"], one[1]) for one in missed if not why_neutral(*one)]


def why_neutral_in_the_mesh(manifest: Manifest, what: str, mutant: Manifest | None) -> str:
    """The reason why a damage to one of Istio's objects means the same as before; "" where there is none."""
    if mutant is None:
        return ""
    spec = manifest["spec"]
    if what == "take out spec.action" and spec["action"] == "ALLOW":
        return "ALLOW is the action of a policy that names none"
    if what == "take out spec.targetRefs[0].group" and spec["targetRefs"][0]["group"] == "":
        return "the core group is the default"
    if manifest["kind"] == "Gateway" and "listeners[0].name" in what:
        return "Istio knows a waypoint by its class, port and protocol; a missing name the API server refuses"
    if manifest["kind"] == "PeerAuthentication" and what.startswith("take out spec.mtls") and "selector" in spec:
        return "its namespace says STRICT as well"
    of_a_port = what.startswith(("PERMISSIVE at spec.port", "DISABLE at spec.port"))
    if manifest["kind"] == "PeerAuthentication" and of_a_port:
        return "the pods end TLS on that port themselves: both modes hand it on, and in ambient mode they are the same"
    if "spec.rules[1].to" in what and get(spec, "rules", 1, "from", 0, "source", "notPrincipals") == ["*"]:
        return "who has no identity comes in plain text, which STRICT takes on that port alone"
    if "fromHeaders" in what and what.startswith("take out "):
        return "Authorization with Bearer is where Istio looks where nothing is said"
    if "requestPrincipals" in what and spec["rules"][0].get("when"):
        return "the claim that the rule asks for is only in a token that was verified, and of one issuer such are"
    if spec.get("action") == "DENY" and what == "add to spec.rules[0].from[0].source.principals":
        return "who is refused besides is let in by no ALLOW"
    if (
        "notPaths" in what
        and what.startswith(("take out ", "another value "))
        and _covered(_gone_path(spec, mutant["spec"]), spec)
    ):
        return "another path of the list, with {*}, stands for it as well"
    if "methods" in what and what.startswith("add to ") and _same_requests(spec, mutant["spec"]):
        return "the method stands there already, or another rule, with {*}, lets it through for that path"
    return ""


def _gone_path(spec: Manifest, after: Manifest) -> str:
    paths, left = (one["rules"][0]["to"][0]["operation"].get("notPaths", []) for one in (spec, after))
    gone = [path for path in paths if path not in left]
    return gone[0] if len(gone) == 1 else ""


def _covered(path: str, spec: Manifest) -> bool:
    others = spec["rules"][0]["to"][0]["operation"]["notPaths"]
    return any(other == f"{path.rpartition('/')[0]}/{{*}}" for other in others if other != path)


def _same_requests(spec: Manifest, after: Manifest) -> bool:
    """Whether the rules for agents come to the same methods of each path, `/x/{*}` counted for `/x/y` too."""

    def table(of: Manifest) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for one in of["rules"][1]["to"]:
            found.setdefault(one["operation"]["paths"][0], set()).update(one["operation"]["methods"])
        for path, methods in found.items():
            wider = f"{path.rpartition('/')[0]}/{{*}}"
            if wider in found and wider != path:
                methods |= found[wider]
        return found

    return table(spec) == table(after)


@pytest.mark.parametrize("every", [40, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", MESHED)
def test_every_damage_to_the_mesh_is_found(name: str, every: int) -> None:
    [example] = [one for one in EXAMPLES if one.name == name]
    for words in list(renderings(example))[:1]:
        count, missed = undetected(words, mesh_mutations.MESH, mesh_mutations.mutants, every)
        assert count > 100
        assert not [(one[0]["metadata"], one[1]) for one in missed if not why_neutral_in_the_mesh(*one[:3])]


@pytest.mark.slow
def test_every_damage_is_found_among_many_teams() -> None:
    [example] = [one for one in EXAMPLES if one.name == LARGE]
    for words in renderings(example):
        count, missed = undetected(words)
        assert count > 2000
        assert not [(one[0]["metadata"], one[1]) for one in missed if not why_neutral(*one)]
