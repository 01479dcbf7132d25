"""Every damage to a network object of an example's bundle is found, but for those that change nothing, one by one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgen.manifests import Document, Manifest, get
from kgen.proof import Source, prove
from tests.examples.rendering import EXAMPLES, ROOT, bundle, commands
from tests.proof.mutations import NETWORK, mutants

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


Missed = list[tuple[Manifest, str, Manifest | None, bool]]  # object, what was done, result; a policy of names beside it


def undetected(words: list[str]) -> tuple[int, Missed]:
    """How many mutants there were, and those that the proof says nothing new about."""
    made = bundle(words)
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in made.entries]
    before = {(finding.kind, finding.message) for finding in prove(sources, made.topology).findings}
    named = {(e.identity.namespace, e.identity.name) for e in made.entries if e.identity.kind == NETWORK[1]}
    missed: Missed = []
    count = 0
    for position, source in enumerate(sources):
        if source.document.manifest["kind"] not in NETWORK:
            continue
        for what, mutant in mutants(source.document.manifest):
            count += 1
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


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.name != LARGE], ids=lambda example: example.name)
def test_every_damage_is_found(example: Path) -> None:
    first = 1 if example.name == OBSERVED else 0
    for words in list(renderings(example))[first : first + 1]:
        count, missed = undetected(words)
        assert count > 100
        assert not [(one[0]["metadata"], one[1]) for one in missed if not why_neutral(*one)]


@pytest.mark.slow
def test_every_damage_is_found_among_many_teams() -> None:
    [example] = [one for one in EXAMPLES if one.name == LARGE]
    for words in renderings(example):
        count, missed = undetected(words)
        assert count > 2000
        assert not [(one[0]["metadata"], one[1]) for one in missed if not why_neutral(*one)]
