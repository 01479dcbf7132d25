"""kgen prove, why, blast and graph, as they are called."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from kgen.entry.cli import main

WORKED = "examples/02-worked-example"
TEAMS = ("examples/04-many-teams/teams", "--platform", "examples/04-many-teams/platform.yaml")
DAY = ("--as-of", "2026-06-15")
BROKEN = ("tests/proof/published/bundle", "--links", "tests/proof/published/link.yaml")


@pytest.fixture(autouse=True)
def at_the_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main([*words, *DAY])
    told = capsys.readouterr()
    assert not told.err, told.err
    return code, told.out


def test_a_rendered_bundle_is_proven(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "prove", WORKED)
    assert code == 0
    assert out.splitlines()[0] == (
        "proven: everything that is asked for is possible, and nothing else to or from the guarded pods"
    )
    assert [line.split() for line in out.splitlines() if " link " in line] == [
        ["team-alpha/orchestrator", "team-beta/specialist", "TCP", "8080", "link", "allowed", "allowed"]
        + ["declared", "allowed"]
    ]
    assert "warning: residual: 2 agents have to reach port 8083 of kagent's controller" in out


def test_what_was_rendered_is_proven_against_its_links(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["render", WORKED, "-o", str(tmp_path / "out"), *DAY]) == 0
    capsys.readouterr()
    assert run(capsys, "prove", str(tmp_path / "out"), "--links", WORKED)[0] == 0
    policy = next((tmp_path / "out").rglob("*network*.yaml"))
    policy.unlink()
    code, out = run(capsys, "prove", str(tmp_path / "out"), "--links", WORKED)
    assert code == 1
    assert out.startswith("refuted: ")


def test_manifests_without_links_are_held_against_their_tool_references(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["render", WORKED, "-o", str(tmp_path / "out"), *DAY]) == 0
    capsys.readouterr()
    code, out = run(capsys, "prove", str(tmp_path / "out"), "--format", "json")
    told = json.loads(out)
    assert told["judged"] is True
    links = [flow for flow in told["flows"] if flow["name"] == "link"]
    assert [(one["source"], one["target"], one["verdict"]) for one in links] == [
        ("team-alpha/orchestrator", "team-beta/specialist", "allowed")
    ]
    assert code == (told["verdict"] != "proven")


def test_where_nothing_is_asked_nothing_is_excess(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {}\n")
    code, out = run(capsys, "prove", str(tmp_path))
    assert (code, out) == (
        0,
        "nothing is asked for: no links and no tool references, so there is no excess to speak of\n",
    )


def test_a_refuted_bundle_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("text", "json", "markdown", "html"):
        code, out = run(capsys, "prove", *BROKEN, "--format", form)
        assert code == 1
        assert "team-beta/clerk" in out
    told = json.loads(run(capsys, "prove", *BROKEN, "--format", "json")[1])
    assert told["verdict"] == "refuted"
    first = told["findings"][0]
    assert (first["kind"], first["severity"], first["layer"]) == ("deficit", "error", "network")
    assert first["causes"][0]["file"].endswith("bundle/02-network.yaml")


def test_the_page_escapes_what_the_input_says_and_loads_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    agent = (
        "apiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata: {name: a, namespace: b}\n"
        'spec: {declarative: {tools: [{type: Agent, agent: {name: "<script>alert(1)</script>"}}]}}\n'
    )
    (tmp_path / "agent.yaml").write_text(agent)
    for form in ("html", "markdown"):
        out = run(capsys, "prove", str(tmp_path), "--format", form)[1]
        assert "alert(1)" in out
        assert "<script>alert" not in out
        assert out.count("<script>") == (form == "html"), "its own, which the policy names by its digest"
    page = run(capsys, "prove", *TEAMS, "--format", "html")[1]
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_why_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "why", "team-alpha/orchestrator", "team-beta/specialist", WORKED)
    assert code == 0
    assert out == (
        "team-alpha/orchestrator to team-beta/specialist, TCP 8080: allowed\n"
        "  asked for by: link\n"
        "  egress side: lets it through\n"
        "    NetworkPolicy team-alpha/orchestrator-egress, spec.egress[0] (bases/network/agent-egress.yaml:3)\n"
        "  ingress side: lets it through\n"
        "    NetworkPolicy team-beta/specialist-ingress, spec.ingress[0] (bases/network/agent-ingress.yaml:3)\n"
        "  to change it: it is asked for (link); without that a new render closes it\n"
    )


@pytest.mark.parametrize(
    "ends, verdict",
    [
        (("team-beta/specialist", "team-alpha/orchestrator"), 1),
        (("kagent/*", "team-beta/specialist"), 1),
        (("team-alpha/orchestrator", "8.8.8.8"), 0),
        (("team-alpha/orchestrator", "10.1.2.3"), 1),
        (("team-alpha/orchestrator", "169.254.169.254"), 1),
        (("cluster DNS", "team-alpha/orchestrator"), 1),
        (("team-alpha/orchestrator", "cluster DNS", "--port", "udp/53"), 0),
        (("team-alpha/orchestrator", "8.8.8.8", "--port", "22"), 1),
    ],
)
def test_why_not(ends: tuple[str, ...], verdict: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "why", *ends[:2], WORKED, *ends[2:])[0] == verdict


def test_an_end_that_is_nobody_gets_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "team-alpha/orchestrater", "team-beta/specialist", WORKED, *DAY]) == 1
    assert "; did you mean team-alpha/orchestrator?" in capsys.readouterr().err
    assert main(["why", "a/b", "c/d", WORKED, "--port", "high", *DAY]) == 2
    assert "--port high is no port" in capsys.readouterr().err


def test_blast(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "blast", "sales/quotes", *TEAMS)
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["finance/pricing", "TCP", "8080", "asked", "for"] in lines
    assert ["data/warehouse", "3", "calls", "data/forecast"] in lines
    assert "NOT asked for" not in out
    assert "by port 8083 of kagent's controller: any agent it calls (12 agents here" in out


def test_blast_says_where_the_controller_writes_nothing_any_more(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "blast", "team-alpha/orchestrator", "examples/11-gatekeeper")[1]
    assert "what it writes admission refuses in the whole cluster" in out
    assert "and the Agents it writes" not in out


def test_graphs(capsys: pytest.CaptureFixture[str]) -> None:
    mermaid = run(capsys, "graph", WORKED)[1]
    assert mermaid == (
        'flowchart LR\n  subgraph s0["team-alpha"]\n    n0["orchestrator"]\n  end\n'
        '  subgraph s1["team-beta"]\n    n1["specialist"]\n  end\n'
        '  n0 -->|"TCP 8080<br/>egress, ingress, kagent"| n1\n'
    )
    dot = run(capsys, "graph", WORKED, "--format", "dot")[1]
    edge = '"team-alpha/orchestrator" -> "team-beta/specialist"'
    assert f'  {edge} [label="TCP 8080\\negress, ingress, kagent"];' in dot
    svg = ElementTree.fromstring(run(capsys, "graph", *TEAMS, "--format", "svg")[1])
    boxes = svg.findall(".//{http://www.w3.org/2000/svg}g")
    boxes = [box for box in boxes if box.get("class") == "kg-node"]
    assert len(boxes) == 18  # 13 agents, 2 tools, a database, a host, a block
    assert "<svg" in run(capsys, "graph", *BROKEN, "--format", "html")[1]


def test_a_blocked_link_and_an_excess_look_different(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "graph", *BROKEN)[1]
    assert '-.-x|"TCP 8080<br/>blocked by ' in out
    assert '==>|"TCP 8080<br/>not asked for"|' in out


@pytest.mark.parametrize(
    "example, edge, letters",
    [
        ("08-mesh-sidecar", 'n0 -->|"TCP 8080<br/>egress, ingress, mesh, kagent"| n1', "E I M K"),
        ("09-mesh-ambient", 'n0 -->|"TCP 15008<br/>egress, ingress, mesh, kagent"| n1', "E I M K"),
        ("18-hardened", '<br/>egress, ingress, mesh, kagent, admission"|', "E I M K A"),
    ],
)
def test_graphs_show_the_layers_that_guard_a_link(
    capsys: pytest.CaptureFixture[str], example: str, edge: str, letters: str
) -> None:
    assert edge in run(capsys, "graph", f"examples/{example}")[1]
    svg = run(capsys, "graph", f"examples/{example}", "--format", "svg")[1]
    assert f">{letters}</text>" in svg
    assert "E egress, I ingress, M mesh, K kagent, A admission." in svg


@pytest.mark.parametrize("scope", ["namespace", "agent", "shared"])
def test_graphs_show_the_way_out_through_a_gateway(capsys: pytest.CaptureFixture[str], scope: str) -> None:
    place = "examples/15-egress-gateway"
    words = ["graph", place, "--overlay", f"{place}/overlays/{scope}", "--format", "dot"]
    out = run(capsys, *words)[1]
    gateway = {
        "namespace": "research/egress-gateway",
        "agent": "research/researcher-egress-gateway",
        "shared": "agent-egress/egress-gateway",
    }[scope]
    assert f'"{gateway}" [label="{gateway.partition("/")[2]}" shape=hexagon];' in out
    assert f'"research/researcher" -> "{gateway}" [label="TCP 8081\\negress, ingress"];' in out
    assert f'"{gateway}" -> "api.crossref.org" [label="TCP 443\\negress"];' in out
    assert f'"{gateway}" -> "api.anthropic.com"' in out
    assert '"research/researcher" -> "api.crossref.org"' not in out
    near = run(capsys, *words, "--namespace", "research")[1]
    assert f'"{gateway}" -> "api.crossref.org"' in near, "what is behind its gateway belongs to a namespace"


def test_the_matrix_holds_what_is_asked_and_what_is_possible_besides(capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads(run(capsys, "prove", *TEAMS, "--format", "json")[1])["matrix"]
    found = {(cell["from"], cell["to"], cell["state"]) for cell in cells}
    assert ("sales/concierge", "sales/quotes", "allowed") in found
    assert ("logistics/carriers", "logistics/tracking", "not asked for") in found, "logistics is under Observe"
    assert not [cell for cell in cells if cell["from"].startswith("finance/") and cell["state"] != "allowed"]
    markdown = run(capsys, "prove", *TEAMS, "--format", "markdown")[1]
    assert "| finance/pricing | ✅ |" in markdown
    broken = json.loads(run(capsys, "prove", *BROKEN, "--format", "json")[1])["matrix"]
    assert [(cell["from"], cell["to"], cell["state"]) for cell in broken] == [
        ("team-alpha/planner", "team-beta/clerk", "blocked")
    ]


def test_one_namespace_of_many(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "graph", *TEAMS, "--namespace", "finance", "--format", "dot")[1]
    assert "finance/pricing" in out
    assert "support/knowledge" not in out
    assert main(["graph", *TEAMS, "--namespace", "nowhere", *DAY]) == 1
    assert "no agent is in it" in capsys.readouterr().err


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Sixty agents in six namespaces that all call one another."""
    folder = tmp_path_factory.mktemp("ring")
    define = "define: {description: Works., systemMessage: Work., modelConfigRef: {name: m}}"
    parts = []
    for number in range(60):
        space = number // 10
        to = f"  to: team-{(space + 1) % 6}/agent-{(number + 11) % 60}\n" if number % 2 == 0 else ""
        parts.append(
            f"apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {{name: link-{number}}}\nspec:\n"
            f"  from: {{namespace: team-{space}, name: agent-{number}, {define}}}\n{to}"
        )
    (folder / "links.yaml").write_text("---\n".join(parts))
    return str(folder)


def test_many_agents_are_drawn_by_namespace(capsys: pytest.CaptureFixture[str], ring: str) -> None:
    mermaid = run(capsys, "graph", ring)[1]
    assert mermaid.count("team-") == 6
    assert mermaid.count('-->|"5<br/>egress, ingress, kagent"|') == 6
    assert run(capsys, "graph", ring, "--all")[1].count("agent-") == 60
    page = run(capsys, "graph", ring, "--format", "html")[1]
    assert page.count("<details") == 6
    assert page.count("<svg") == 7
    html = run(capsys, "prove", ring, "--format", "html")[1]
    assert 'aria-label="By namespace"' not in html, "sixty names fit into one matrix"
