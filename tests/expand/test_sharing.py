"""What templates share between objects: constants, and turns of loops that one value decides."""

import pytest

from kgen.expand import compile_layer, instantiate
from kgen.expand.sharing import decides
from kgen.shared import Shared
from kgen.topology.types import Agent, Flow, Link, Platform
from tests.expand.build import document
from tests.layers.build import DNS, TO_CONTROLLER, agent, endpoint, link as link_of, topology

NAMES = {"platform": Platform, "agent": Agent, "link": Link, "flow": Flow, "text": str}


@pytest.mark.parametrize(
    "source, wanted",
    [
        ("{'a': flow.name}", ("flow",)),
        ("{'a': link.callee.namespace, 'b': link.callee.pod_selector['x']}", ("link", "callee")),
        ("{'a': link.callee.namespace, 'b': link.caller.name}", ("link",)),
        ("{'a': link.callee.name, **({'b': 1} if link.delegation else {})}", ("link",)),
        ("{'a': link.delegation.header}", ("link",)),  # may be absent
        ("{'a': [peer.cidr for peer in flow.peers if peer.cidr]}", ("flow",)),
        ("{'a': flow.name, 'b': agent.port}", None),
        ("{'a': text}", None),  # a text is no part of the topology
        ("{'a': 1}", None),
    ],
)
def test_what_decides_an_expression(source: str, wanted: tuple[str, ...] | None) -> None:
    assert decides(source, NAMES) == wanted


BODY = """\
data:
  flows:
  - $for: flow in agent.egress
    name: ${flow.name}
  mixed:
  - $for: flow in agent.egress
    name: ${flow.name}
    agent: ${agent.name}
  callees:
  - $for: link in agent.callees
    name: ${link.callee.name}
  constant: {kind: same, list: [1, {a: b}]}
"""
CALLEE = endpoint("team-beta/quotes")
EDGES = tuple(link_of(f"team-alpha/{name}", "team-beta/quotes")._replace(callee=CALLEE) for name in "ab")
OF = topology(
    *(
        agent(f"team-alpha/{name}", egress=(DNS, TO_CONTROLLER), callees=(edge,))
        for name, edge in zip("ab", EDGES, strict=True)
    )
)


def test_objects_share_what_one_value_decides() -> None:
    one, other = [
        made.build()["data"] for made in instantiate([compile_layer(document(BODY)._replace(shipped=True))], OF)
    ]
    for key in ("flows", "callees"):
        assert one[key] == other[key]
        assert all(left is right for left, right in zip(one[key], other[key], strict=True))
        assert all(isinstance(each, Shared) for each in one[key])
    assert one["constant"] is other["constant"]
    assert [each["agent"] for each in (*one["mixed"], *other["mixed"])] == ["a", "a", "b", "b"]


def test_a_users_layer_shares_nothing_and_says_the_same() -> None:
    """Its meter counts what each object takes."""
    ours = compile_layer(document(BODY)._replace(shipped=True))
    users = compile_layer(document(BODY))
    built = [[made.build() for made in instantiate([layer], OF)] for layer in (ours, users)]
    assert built[0] == built[1]
    assert not any(
        isinstance(each, Shared) for each in (built[1][0]["data"]["constant"], *built[1][0]["data"]["flows"])
    )


def test_a_document_itself_is_never_shared() -> None:
    head = "$for: platform\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: same}\n"
    layer = compile_layer(document("data: {a: b}\n", head)._replace(shipped=True))
    [first], [second] = (instantiate([layer], OF) for _ in range(2))
    assert first.build() is not second.build()
    assert type(first.build()) is dict
