"""Egress gateways: what one dials is access of its agents, and what it does with it is a guardrail."""

from pathlib import Path

from kgen.compare.sides import Side
from tests.compare.build import closed, links, opened

GATEWAY = """\
  layers: {{egress-gateway: Enabled}}
  network:
    cni: Cilium
    modelEgress: {{mode: FQDN, hosts: [api.anthropic.com]}}
  egressGateway: {{image: registry.example/authbridge:0.7.0, version: "0.7", tlsBridge: Disabled, plugins: [{0}]}}
"""
HOSTS = """\
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {{name: hosts}}
spec: {{from: a/one, egress: [{0}]}}
"""


def side(folder: Path, plugins: str = "{name: mcp-parser}", hosts: str = "{host: api.example.com}") -> Side:
    return links(folder, "a/one > b/two", HOSTS.format(hosts), platform=GATEWAY.format(plugins))


def test_a_host_that_a_gateway_dials_is_told_with_the_agents_that_reach_it(tmp_path: Path) -> None:
    more = "{host: api.example.com}, {host: more.example.com}"
    told = opened(side(tmp_path / "1"), side(tmp_path / "2", hosts=more))
    assert told == [
        "[a] outside a/egress-gateway > more.example.com TCP 443 (for egress more.example.com; it dials for a/one)"
    ]


def test_plugins_that_are_gone_or_refuse_no_more_widen(tmp_path: Path) -> None:
    both = side(tmp_path / "1", "{name: mcp-parser}, {name: inference-parser}")
    assert opened(both, side(tmp_path / "2")) == [
        *(
            f"[{team}] guardrail {team} (egress gateway {team}/egress-gateway: plugin inference-parser is gone)"
            for team in ("a", "b")
        )
    ]
    assert opened(side(tmp_path / "3"), both) == []
    assert any("plugin inference-parser, new" in one for one in closed(side(tmp_path / "4"), both))
    quiet = side(tmp_path / "5", "{name: mcp-parser, on_error: observe}")
    assert any("plugin mcp-parser: observe, was enforce" in one for one in opened(side(tmp_path / "6"), quiet))
