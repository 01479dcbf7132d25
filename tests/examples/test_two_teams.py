"""Example 17: what the page says of consent, of slices, and of what a team can and can not do alone."""

import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from kgen.entry.cli import main
from kgen.shared import own
from tests.examples.rendering import ROOT, bundle, commands

EXAMPLE = "examples/17-consent-two-teams"
LINK = "---\napiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: more, namespace: %s}\nspec: {%s}\n"
GRANT = LINK.replace("AgentLink", "AgentGrant").replace("{%s}", "{from: [%s], to: %s}")
ENDED = ("  from: [team-alpha/orchestrator]\n", '  from: [team-alpha/orchestrator]\n  validUntil: "2020-01-01"\n')


@pytest.fixture
def teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "agents"
    shutil.copytree(ROOT / EXAMPLE, folder)
    monkeypatch.chdir(folder)
    return folder


class Refused(NamedTuple):
    what: str
    file: str
    text: str
    message: str


REFUSED = (
    Refused(
        "alpha links to the archive",
        "teams/alpha/more.yaml",
        LINK % ("team-alpha", "from: orchestrator, to: team-beta/archive"),
        "has no consent to call team-beta/archive",
    ),
    Refused(
        "alpha writes the grant itself",
        "teams/alpha/more.yaml",
        GRANT % ("team-beta", "team-alpha/orchestrator", "archive"),
        "speaks for team-beta from teams/alpha/more.yaml, but only teams/beta may",
    ),
    Refused(
        "alpha says what the specialist runs as",
        "teams/alpha/more.yaml",
        LINK % ("team-alpha", "from: other, to: {namespace: team-beta, name: specialist, serviceAccountName: x}"),
        "speaks for an agent of team-beta",
    ),
    Refused(
        "alpha says it as beta",
        "teams/alpha/more.yaml",
        LINK % ("team-beta", "from: {name: specialist, serviceAccountName: x}"),
        "speaks for team-beta from teams/alpha/more.yaml, but only teams/beta may",
    ),
    Refused(
        "beta gives the orchestrator a host",
        "teams/beta/more.yaml",
        LINK % ("team-alpha", "from: orchestrator, egress: [{host: example.com}]"),
        "speaks for team-alpha from teams/beta/more.yaml, but only teams/alpha may",
    ),
    Refused(
        "beta grants for the orchestrator",
        "teams/beta/more.yaml",
        GRANT % ("team-beta", "specialist", "team-alpha/orchestrator"),
        "is not in team-beta: a grant speaks for the agents of its own namespace only",
    ),
    Refused(
        "a folder beside them speaks for nobody",
        "teams/alpha-tools/more.yaml",
        GRANT % ("team-alpha", "team-beta/specialist", "orchestrator"),
        "speaks for team-alpha from teams/alpha-tools/more.yaml, but only teams/alpha may",
    ),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.what.replace(" ", "-"))
def test_what_a_team_can_not_do(case: Refused, teams: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (teams / case.file).parent.mkdir(exist_ok=True)
    (teams / case.file).write_text(case.text)
    assert main(["render", "."]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert case.message in err


def test_without_its_grant_the_page_says_what_is_printed(teams: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grants = teams / "teams/beta/grants.yaml"
    first, _, second = grants.read_text().partition("---\n")
    grants.write_text(first.partition("apiVersion")[0] + second)
    assert main(["render", "."]) == 1
    [shown] = re.findall(r"```text\n(.*?)```", (ROOT / EXAMPLE / "README.md").read_text(), re.DOTALL)
    assert shown in capsys.readouterr().err


def objects(folder: str) -> dict[str, Any]:
    return {str(entry.identity): own(entry.build()) for entry in bundle([folder]).entries}


def test_a_consent_that_has_ended_closes_the_call_for_both(teams: Path) -> None:
    grants = teams / "teams/beta/grants.yaml"
    assert ENDED[0] in grants.read_text()
    grants.write_text(grants.read_text().replace(*ENDED))
    found = objects(".")
    assert "team-alpha" not in str(found["NetworkPolicy team-beta/specialist-ingress"]["spec"])
    assert "tools" not in found["Agent team-alpha/orchestrator"]["spec"]["declarative"]


def test_a_grant_opens_nothing_by_itself(teams: Path) -> None:
    before = objects(".")
    (teams / "teams/beta/more.yaml").write_text(GRANT % ("team-beta", "'team-alpha/*'", "archive"))
    assert objects(".") == before


def test_when_the_last_link_goes_the_grant_keeps_the_callee_closed(teams: Path) -> None:
    (teams / "teams/alpha/links.yaml").unlink()
    found = objects(".")
    assert "NetworkPolicy team-beta/specialist-ingress" in found
    assert "team-alpha" not in str(found["NetworkPolicy team-beta/specialist-ingress"]["spec"])


def test_the_slices_are_the_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)

    def rendered(words: list[str]) -> dict[str, Any]:
        assert main(words) == 0
        found = yaml.safe_load_all(capsys.readouterr().out)
        return {
            f"{each['kind']} {each['metadata'].get('namespace')}/{each['metadata']['name']}": each for each in found
        }

    whole, *slices = [rendered(words) for words in commands(ROOT / EXAMPLE)]
    assert len(slices) == 3
    assert sum(map(len, slices)) == len(whole)
    assert {name: each for part in slices for name, each in part.items()} == whole


def test_its_proof(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["prove", EXAMPLE]) == 0
    assert capsys.readouterr().out.startswith("proven: ")
