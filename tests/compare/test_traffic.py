"""Who can now call whom: what opened and what closed, with and without links."""

from pathlib import Path

import pytest

from kgen.compare import compare, narrowing
from kgen.compare.edges import Names, edges, short
from kgen.compare.objects import differing
from kgen.compare.sides import NOTHING, Side
from kgen.compare.worlds import Worlds, build
from kgen.proof.spaces import bits
from tests.compare.build import closed, links, manifests, opened
from tests.proof.build import agent, policy, thing

TWO = ("a/one > b/two", "a/one > c/three")
DENY = policy("default-deny", "x", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})


def test_a_link_opens_a_call_and_nothing_else(tmp_path: Path) -> None:
    base, head = links(tmp_path / "1", *TWO), links(tmp_path / "2", *TWO, "b/two > c/three")
    assert opened(base, head) == ["[c] call b/two > c/three TCP 8080 (link)"]
    assert closed(base, head) == []
    assert closed(head, base) == ["[c] call b/two > c/three TCP 8080 (link)"]
    assert opened(head, base) == []


def test_a_new_agent_is_told_with_the_flows_that_it_brings(tmp_path: Path) -> None:
    base, head = links(tmp_path / "1", "a/one > b/two"), links(tmp_path / "2", "a/one > b/two", "a/one > b/new")
    told = opened(base, head)
    assert told[0] == "[b] call a/one > b/new TCP 8080 (link)"
    assert set(told[1:]) == {
        "[b] flow kagent's controller > b/new TCP 8080 (for controller)",
        "[b] flow b/new > cluster DNS TCP 53, UDP 53 (for dns)",
        "[b] flow b/new > every public address TCP 443 (for model)",
        "[b] flow b/new > kagent's controller TCP 8083 (for controller)",
    }


def test_the_first_link_of_two_agents_elsewhere_is_told_though_the_network_was_open(tmp_path: Path) -> None:
    text = (
        "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: x}\n"
        "spec: {from: team-a/caller, to: team-b/callee}\n"
    )
    head = links(tmp_path, text)
    assert "[team-b] call team-a/caller > team-b/callee TCP 8080 (link; the network let it through before, too)" in (
        opened(NOTHING, head)
    )


def test_the_last_links_removal_is_said_first_and_widens(tmp_path: Path) -> None:
    base, head = links(tmp_path / "1", "a/one > b/two", "a/one > c/three"), links(tmp_path / "2", "a/one > b/two")
    found = compare(base, head)
    assert found.widens
    first = found.access[0]
    assert (first.target, first.widens) == ("c", True)
    assert first.text.startswith("its last link is gone, and what guarded it goes along: list the namespace")
    told = opened(base, head)
    assert "[c] guardrail c (default-deny of ingress is gone)" in told
    assert any(one.startswith("[c] flow any other pod of c > ") for one in told)


def test_the_last_links_removal_from_a_listed_namespace_opens_nothing(tmp_path: Path) -> None:
    listed = "  namespaces: {a: {}, b: {}, c: {team: gamma}}\n"
    base = links(tmp_path / "1", *TWO, platform=listed)
    head = links(tmp_path / "2", "a/one > b/two", platform=listed)
    assert opened(base, head) == []
    assert "[gamma] call a/one > c/three TCP 8080 (link)" in closed(base, head)


def test_teams_are_those_of_the_platform(tmp_path: Path) -> None:
    listed = "  namespaces: {a: {team: alpha}, b: {team: beta}, c: {team: gamma}}\n"
    base, head = (
        links(tmp_path / str(n), *given, platform=listed) for n, given in enumerate((TWO, (*TWO, "b/two > c/three")))
    )
    assert opened(base, head) == ["[gamma] call b/two > c/three TCP 8080 (link)"]


def test_a_declared_host_is_told_where_no_policy_can_tell_it_apart(tmp_path: Path) -> None:
    text = (
        "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: more}\n"
        "spec: {from: a/one, egress: [{host: api.example.com}]}\n"
    )
    told = opened(links(tmp_path / "1", *TWO), links(tmp_path / "2", *TWO, text))
    assert told == ["[a] outside a/one > api.example.com (declared as egress; the network let it through before, too)"]


def test_a_policy_of_somebody_elses_that_opens_is_told_without_links() -> None:
    wide = policy("wide", "x", {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}]}]})
    told = opened(manifests(DENY, agent("bot", "x")), manifests(DENY, agent("bot", "x"), wide))
    # the pods of its own namespace can not leave: their egress stays denied
    assert told == [
        "[x] into any other namespace > x/bot every port (nothing asks for it)",
        "[x] flow any other namespace > any other pod of x every port (nothing asks for it)",
    ]


def test_a_port_that_is_added_is_told_alone() -> None:
    def into(*ports: int) -> dict[str, object]:
        rule = {"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": port} for port in ports]}
        return policy("in", "x", {"podSelector": {}, "ingress": [rule]})

    told = opened(manifests(DENY, agent("bot", "x"), into(80)), manifests(DENY, agent("bot", "x"), into(80, 81)))
    assert told == [
        "[x] into 203.0.113.0/24 > x/bot TCP 81 (nothing asks for it)",
        "[x] flow 203.0.113.0/24 > any other pod of x TCP 81 (nothing asks for it)",
    ]


def test_a_pod_whose_labels_leave_its_policy_is_told() -> None:
    closed_to_all = policy("shut", "x", {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]})

    def database(label: str) -> dict[str, object]:
        return thing("Pod", "db", "x", labels={"app": label}, spec={"containers": []})

    told = opened(manifests(closed_to_all, database("db")), manifests(closed_to_all, database("dbx")))
    assert told
    assert all("x/db" in one for one in told)


def test_a_default_deny_under_another_name_is_the_same_guardrail() -> None:
    other = policy("renamed", "x", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    found = compare(manifests(DENY), manifests(other))
    assert found.access == ()
    assert [(one.change, str(one.identity), str(one.was)) for one in found.objects] == [
        ("renamed", "NetworkPolicy x/renamed", "NetworkPolicy x/default-deny")
    ]


def test_tool_references_are_links_where_there_are_none() -> None:
    base = manifests(agent("one", "x"), agent("two", "x"))
    head = manifests(agent("one", "x", calls=[("x", "two")]), agent("two", "x"))
    assert opened(base, head) == ["[x] call x/one > x/two TCP 8080 (link; the network let it through before, too)"]


def test_nothing_differs_from_itself(tmp_path: Path) -> None:
    side = links(tmp_path, *TWO)
    found = compare(side, side)
    assert (found.access, found.objects, found.widens) == ((), (), False)
    assert found.unchanged == len(side.items)


CHAIN = ("a/one > b/two", "b/two > c/three", "d/four > c/three", "e/five > f/six")


@pytest.mark.parametrize(
    "change",
    [
        (*CHAIN, "a/one > c/three"),
        CHAIN[1:],
        CHAIN[:-1],
        (*CHAIN, "a/one > g/seven"),
        (*CHAIN, "g/seven > f/six"),
        ("a/one > b/two", "b/two > c/three", "d/four > c/three", "e/five > f/other"),
    ],
)
def test_what_is_narrowed_to_a_change_finds_what_the_whole_finds(tmp_path: Path, change: tuple[str, ...]) -> None:
    base, head = links(tmp_path / "1", *CHAIN), links(tmp_path / "2", *change)
    for old, new in ((base, head), (head, base)):
        found = differing(old, new)
        small, whole = narrowing.worlds(old, new, found), build(old, new, found, None)
        assert small is not None
        assert _pairs(small, old, new) == _pairs(whole, old, new)


def test_a_small_change_looks_at_few_namespaces(tmp_path: Path) -> None:
    base, head = links(tmp_path / "1", *CHAIN), links(tmp_path / "2", *CHAIN, "a/one > c/three")
    small = narrowing.worlds(base, head, differing(base, head))
    assert small is not None
    assert not {"e/five", "f/six"} & {short(one) for one in small.slots}


def _pairs(worlds: Worlds, old: Side, new: Side) -> set[tuple[bool, str, str, str]]:
    """Every pair that opened or closed, by name and port. What is imagined of selectors in other places is left out."""
    known = {key[3] if key[1] == "Namespace" else key[2] for key in old.items}
    fresh = frozenset({key[3] if key[1] == "Namespace" else key[2] for key in new.items} - known)
    found = set()
    for row in edges(worlds, Names(frozenset(), str, fresh)).rows:
        ports = worlds.head.ports.text(row.ports) if row.ports.bit_count() < 4 else "many"
        for source in bits(row.sources):
            for target in bits(row.targets):
                one, other = worlds.slots[source], worlds.slots[target]
                found.add((row.opened, short(one) or str(one.span), short(other) or str(other.span), ports))
    agents = {short(one) for one in worlds.slots if one.pod is not None}
    return {pair for pair in found if agents & {pair[1], pair[2]} and not pair[1].startswith("Span")}
