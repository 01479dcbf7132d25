"""What kgen prove says of the step from Observe to Enforce, before anybody takes it."""

import json
from pathlib import Path

import pytest

from kgen.entry.cli import main

DAY = ("--as-of", "2026-06-15")
TEAMS = ("examples/04-many-teams/teams", "--platform", "examples/04-many-teams/platform.yaml")
LINKS = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: default}
spec:
  defaults: {model: {provider: Anthropic, model: m, apiKeySecretRef: {name: k, key: k}}}
  namespaces: {red: {}, blue: {enforcement: %s}}
---
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {name: one}
spec:
  from: {namespace: red, name: one, define: {description: Plans., systemMessage: Plan.}}
  to: blue/two
"""
TWO = """\
---
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: {name: two, namespace: blue}
spec:
  description: Works.
  type: Declarative
  declarative: {modelConfig: m, systemMessage: Work.%s}
"""


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    main(["prove", *words, "--format", "json", *DAY])
    found: dict[str, object] = json.loads(capsys.readouterr().out)["enforcing"]
    return found


def test_what_is_asked_stays_and_the_rest_is_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(LINKS % "Observe" + TWO % "")
    found = told(capsys, str(tmp_path))
    assert (found["namespaces"], found["verdict"]) == (["blue"], "proven")
    closed = {(one["from"], one["to"]) for one in found["closed"]}  # type: ignore[attr-defined]
    assert not any("red/one" in source and target == "blue/two" for source, target in closed)
    assert "NetworkPolicy blue/default-deny" in found["added"]  # type: ignore[operator]
    assert "Agent blue/two" in found["changed"], "the caller's consent is merged into it then"  # type: ignore[operator]


def test_known_pods_come_first_and_are_named(
    capsys: pytest.CaptureFixture[str], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    found = told(capsys, *TEAMS)
    first = found["closed"][0]  # type: ignore[index]
    assert first["known"] is True
    assert "logistics/" in first["from"]
    main(["prove", *TEAMS, *DAY])
    out = capsys.readouterr().out
    assert "under Enforce (logistics): proven; everything that is asked for stays; closes " in out
    assert "closed between known pods:\n  logistics/" in out
    main(["prove", *TEAMS, "--format", "html", *DAY])
    assert "<h2>Under Enforce</h2>" in capsys.readouterr().out
    main(["prove", *TEAMS, "--format", "markdown", *DAY])
    assert "**under Enforce" in capsys.readouterr().out


def test_what_stands_in_the_way_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tool = "\n    tools: [{type: Agent, agent: {name: one, namespace: red}}]"
    undeclared = TWO.replace(
        "declarative: {modelConfig: m, systemMessage: Work.%s}", "declarative:\n    systemMessage: W" + tool
    )
    (tmp_path / "in.yaml").write_text(LINKS % "Observe" + undeclared)
    found = told(capsys, str(tmp_path))
    assert found["verdict"] == ""
    assert found["problems"]


def test_nothing_is_said_where_nothing_observes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(LINKS % "Enforce" + TWO % "")
    assert told(capsys, str(tmp_path)) is None
