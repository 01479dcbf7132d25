"""Every kind of input that the topology refuses, with the whole message: it says what is wrong and what to do."""

import random
import re

import pytest

from kgen.results import Result
from tests.topology.build import call, link, refused
from tests.topology.refusal import Refusal
from tests.topology.refusals_agents import CASES as AGENTS
from tests.topology.refusals_gateway import CASES as GATEWAY
from tests.topology.refusals_identity import CASES as IDENTITY
from tests.topology.refusals_links import CASES as LINKS
from tests.topology.refusals_mesh import CASES as MESH
from tests.topology.refusals_platform import CASES as PLATFORM
from tests.topology.refusals_secrets import CASES as SECRETS
from tests.topology.refusals_verify import CASES as VERIFY
from tests.topology.samples import STORE, planner

CASES = (*LINKS, *AGENTS, *PLATFORM, *MESH, *SECRETS, *IDENTITY, *GATEWAY, *VERIFY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what.replace(" ", "-"))
def test_it_is_refused_with_this_message_and_no_other(case: Refusal) -> None:
    [result] = refused(case.text, case.platform)
    assert (result.rule, f"{result.kind} {result.field}".strip()) == (case.rule, case.where)
    assert result.message == case.message


def test_there_are_as_many_kinds_as_there_are_tests() -> None:
    assert len({case.what for case in CASES}) == len(CASES)
    assert len({case.message for case in CASES}) > 80


# one mistake of each stage: reading, merging, agents, definitions, models, tools, flows, access, rules
MISTAKES = {
    "namespace-missing": link("from: planner\nto: beta/writer", "bare"),
    "valid-until": link('from: a/b\nto: c/d\nvalidUntil: "2027-02-30"', "day"),
    "duplicate-link": link("from: a/b\nto: c/d", "again"),
    "define": planner("modelConfigRef: {name: m}", name="no-prompt"),
    "model-missing": link(
        "from: {namespace: alpha, name: other, define: {description: O., systemMessage: S.}}", "no-model"
    ),
    "service": STORE + call("alpha/planner", "shop/store"),
    "tool-place": link("from: alpha/planner\ntools: [{kind: MCPServer, name: t}]", "tool"),
    "egress-host": link("from: alpha/planner\negress: [{host: 10.0.0.1}]", "egress"),
    "self-link": call("alpha/self", "alpha/self"),
    "cycle": call("alpha/one", "alpha/two") + call("alpha/two", "alpha/one"),
    "agent-in-kagent-namespace": call("alpha/planner", "kagent/writer"),
    "delegation-header": link(
        "from: alpha/planner\nto: beta/editor\ndelegation: {header: Host, secretRef: {name: s, key: k}}", "header"
    ),
}
PLATFORM_MISTAKES = """
namespaces: {kagent: {}, alpha: {}}
access: {viewers: {dev: {namespaces: [alfa], subjects: [{kind: User, name: dev}]}}}
network:
  modelEgress: {mode: Peer}
  infrastructure: {otel: {direction: Egress, agents: [alpha/planner], cidr: 10.0.0.0/8}}
"""


def test_one_run_tells_every_mistake() -> None:
    results = refused("".join(MISTAKES.values()), PLATFORM_MISTAKES)
    expected = [*MISTAKES, "never-owned", "access", "model-egress", "infrastructure"]
    assert sorted(result.rule for result in results) == sorted(expected)


def test_the_errors_do_not_depend_on_the_order_of_the_documents() -> None:
    documents = [f"---{part}" for text in MISTAKES.values() for part in text.split("---")[1:]]
    first = refused("".join(documents), PLATFORM_MISTAKES)
    for seed in range(5):
        random.Random(seed).shuffle(documents)
        again = refused("".join(documents), PLATFORM_MISTAKES)
        assert sorted(map(_placeless, again)) == sorted(map(_placeless, first))


def test_the_errors_do_not_depend_on_the_order_of_the_files() -> None:
    files = {f"file{i:02}": text for i, text in enumerate(MISTAKES.values())}
    backwards = dict(reversed(files.items()))
    assert refused("", PLATFORM_MISTAKES, **files) == refused("", PLATFORM_MISTAKES, **backwards)


def test_a_refusal_never_shows_the_value_of_a_secret() -> None:
    text = planner("systemMessage: S., modelConfigRef: {name: m}, env: [{name: API_TOKEN, value: hunter2}]")
    assert "hunter2" not in repr(refused(text))


def _placeless(result: Result) -> str:
    """Without lines and document numbers, which do depend on the order."""
    bare = result._replace(index=0, line=0)
    return re.sub(r"in\.yaml:\d+", "in.yaml", repr(bare))
