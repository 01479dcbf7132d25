"""Links: merged edges, what withholds them, waves, and the hash that makes kagent look again."""

import pytest

from kgen.topology.types import Delegation
from kgen.topology.waves import cycles, depths, longest_chain
from tests.topology.build import TODAY, agent_of, build, call, define, link

CALL = call("alpha/planner", "beta/writer")


def edges(text: str, platform: str = "") -> list[str]:
    return [f"{one.caller.name} -> {one.callee.name}" for one in build(text, platform).links]


def test_edges_are_in_order_of_caller_and_callee() -> None:
    text = call("beta/b", "beta/c") + link("from: alpha/a\nto: [beta/c, beta/b]")
    assert edges(text) == ["a -> b", "a -> c", "b -> c"]


def test_callers_and_callees_of_an_agent() -> None:
    built = build(CALL + call("beta/editor", "beta/writer"))
    writer = agent_of(built, "beta/writer")
    assert [one.caller.name for one in writer.callers] == ["planner", "editor"]
    assert writer.caller_namespaces == ("alpha",)  # its own left out


def test_a_suspended_link_wins_over_every_other_of_its_pair() -> None:
    assert edges(CALL + link("from: alpha/planner\nto: beta/writer\nsuspend: true", "stop")) == []


def test_a_suspended_link_still_names_its_ends() -> None:
    built = build(link("from: alpha/planner\nto: beta/writer\nsuspend: true"))
    assert [agent.name for agent in built.agents] == ["planner", "writer"]


@pytest.mark.parametrize("pattern", ["alpha/planner", "beta/writer", "beta/*"])
def test_the_kill_switch_takes_an_agent_out_of_every_link(pattern: str) -> None:
    assert edges(CALL + call("alpha/a", "alpha/b"), f"suspended: {{{pattern}: INC-1}}") == ["a -> b"]


def test_the_kill_switch_takes_tools_and_hosts_too() -> None:
    text = link(
        "from: alpha/planner\negress: [{cidr: 203.0.113.0/24}]\n"
        "tools: [{kind: RemoteMCPServer, name: t, peer: {namespace: tools, podSelector: {}, ports: [1]}}]"
    )
    planner = agent_of(build(text, "suspended: {alpha/planner: INC-1}"), "alpha/planner")
    assert [flow.name for flow in planner.egress] == ["dns", "controller", "model"]
    assert planner.tools == ()


@pytest.mark.parametrize(
    "day, there", [("2026-06-14", False), (TODAY, True), ("2026-06-16", True), ("2028-02-29", True)]
)
def test_a_link_holds_up_to_its_last_day(day: str, there: bool) -> None:
    assert bool(edges(link(f'from: alpha/planner\nto: beta/writer\nvalidUntil: "{day}"'))) is there


def test_the_day_is_not_asked_for_where_nothing_ends() -> None:
    def no_day() -> str:
        raise AssertionError("asked")

    assert build(CALL, as_of=no_day).links


def test_a_delegation_is_part_of_each_edge_of_its_document() -> None:
    text = link("from: a/a\nto: [b/b, c/c]\ndelegation: {header: X-Token, secretRef: {name: s, key: k}, rotation: r1}")
    assert [one.delegation for one in build(text).links] == [Delegation("X-Token", "s", "k", "r1")] * 2


def test_a_callee_comes_before_its_callers() -> None:
    built = build(call("a/a", "a/b") + call("a/b", "a/c") + call("a/a", "a/c") + call("a/d", "a/c"))
    assert {agent.name: agent.wave for agent in built.agents} == {"a": 2, "b": 1, "c": 0, "d": 1}


def test_a_chain_of_ten_links_is_the_longest() -> None:
    built = build("".join(call(f"a/a{i:02}", f"a/a{i + 1:02}") for i in range(10)))
    assert max(agent.wave for agent in built.agents) == 10


def hash_of(text: str, callee: str = "") -> str:
    return agent_of(build(text + callee + define("alpha/planner")), "alpha/planner").link_hash


def test_the_link_hash_changes_with_what_kagent_copies_and_does_not_watch() -> None:
    first = hash_of(CALL, define("beta/writer"))
    assert first
    assert hash_of(CALL, define("beta/writer")) == first
    assert hash_of(CALL, define("beta/writer", description="Other.")) != first
    assert hash_of(call("alpha/planner", "beta/editor"), define("beta/writer")) != first
    header = "delegation: {secretRef: {name: s, key: k}, rotation: '%s'}"
    rotations = [
        hash_of(link(f"from: alpha/planner\nto: beta/writer\n{header % r}"), define("beta/writer")) for r in "12"
    ]
    assert len({first, *rotations}) == 3


def test_the_link_hash_does_not_change_with_other_callers() -> None:
    assert hash_of(CALL) == hash_of(CALL + call("gamma/editor", "beta/writer"))


def test_an_agent_without_callees_has_no_link_hash() -> None:
    assert hash_of("") == ""


def test_rings_begin_with_their_first_agent() -> None:
    a, b, c = ("x", "a"), ("x", "b"), ("x", "c")
    assert cycles({c: [a], a: [b], b: [c]}) == [[a, b, c]]
    assert cycles({a: [b, c], b: [c]}) == []


def test_depths_of_a_very_long_chain_take_no_recursion() -> None:
    chain = [("x", f"{i:05}") for i in range(20_000)]
    depth = depths(set(chain), {one: [other] for one, other in zip(chain, chain[1:], strict=False)})
    assert depth[chain[0]] == len(chain) - 1


def test_the_longest_chain_from_an_agent() -> None:
    a, b, c, d = (("x", name) for name in "abcd")
    edges = {a: [b, d], b: [c]}
    assert longest_chain(a, edges, depths({a, b, c, d}, edges)) == [a, b, c]
