"""`kgen diff` over small repositories: revisions, exit codes, what each form says, and that nothing is touched."""

import importlib
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kgen.entry.cli import main
from tests.load.repository import commit, git, repository

PLATFORM = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: default}
spec:
  namespaces: {team-a: {team: alpha}, team-b: {team: beta}}
  defaults: {model: {provider: Anthropic, model: claude-sonnet-4-5, apiKeySecretRef: {name: anthropic, key: api-key}}}
"""
DEFINE = "define: {description: Works., systemMessage: You work.}"
LINK = """\
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {name: %s}
spec:
  from: {namespace: team-a, name: caller, %s}
  to: %s
"""
ONE = LINK % ("one", DEFINE, f"{{namespace: team-b, name: callee, {DEFINE}}}")
TWO = ONE + "---\n" + LINK % ("two", DEFINE, f"{{namespace: team-b, name: other, {DEFINE}}}")


class Ran(SimpleNamespace):
    code: int
    out: str
    err: str


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = repository(tmp_path / "repo")
    commit(folder, {"links/platform.yaml": PLATFORM, "links/links.yaml": ONE}, "one")
    git(folder, "tag", "first")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    return folder


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]):
    """Runs `kgen diff`."""

    def run(*words: str) -> Ran:
        code = main(["diff", *words])
        return Ran(code=code, **dict(zip(("out", "err"), capsys.readouterr(), strict=True)))

    return run


def test_head_against_the_work_tree(repo: Path, diff) -> None:
    assert diff("links").out == "HEAD to the work tree: no difference: both sides render to the same objects\n"
    (repo / "links/links.yaml").write_text(TWO)
    ran = diff("links")
    assert ran.out.startswith("HEAD to the work tree: access widens: 5 ways opened\n")
    assert "agent calls agent  team-a/caller" in ran.out
    assert ran.err == ""


def test_two_revisions_do_not_look_at_the_work_tree(repo: Path, diff) -> None:
    commit(repo, {"links/links.yaml": TWO})
    (repo / "links/links.yaml").write_text("no: manifest: at all")
    (repo / "links/platform.yaml").unlink()
    assert "access widens" in diff("first..HEAD", "links").out
    assert "access narrows" in diff("HEAD..first", "links").out
    assert "no difference" in diff("first..first", "links").out


def test_three_dots_compare_with_where_the_branches_parted(repo: Path, diff) -> None:
    git(repo, "checkout", "-q", "-b", "feature")
    commit(repo, {"README.md": "x"})
    git(repo, "checkout", "-q", "main")
    commit(repo, {"links/links.yaml": TWO})
    assert "no difference" in diff("main...feature", "links").out
    assert "access narrows" in diff("main..feature", "links").out


@pytest.mark.parametrize(
    ("change", "fail_on", "code"),
    [
        (TWO, "none", 0),
        (TWO, "widening", 3),
        (TWO, "any", 3),
        (ONE.replace("You work.", "You rest."), "widening", 0),
        (ONE.replace("You work.", "You rest."), "any", 4),
        (ONE, "any", 0),
    ],
)
def test_the_exit_code_tells_widening_from_the_rest(repo: Path, diff, change: str, fail_on: str, code: int) -> None:
    (repo / "links/links.yaml").write_text(change)
    assert diff("links", "--fail-on", fail_on).code == code


def test_order_comments_and_the_name_of_a_file_are_no_difference(repo: Path, diff) -> None:
    (repo / "links/links.yaml").unlink()
    (repo / "links/renamed.yml").write_text("# said anew\n" + ONE.replace("  from:", "  # who\n  from:"))
    assert diff("links", "--fail-on", "any").code == 0


def test_a_path_that_one_side_has_not_is_new_or_gone(repo: Path, diff) -> None:
    commit(repo, {"more/platform.yaml": PLATFORM, "more/links.yaml": ONE})
    ran = diff("first..HEAD", "more")
    assert ran.out.startswith("first to HEAD: access widens")
    assert ran.err.endswith("first has none of these paths: everything of the other side counts\n")
    ran = diff("HEAD..first", "more", "--fail-on", "widening")
    assert "it is listed no more, and no link is left, and what guarded it goes along" in ran.out
    assert ran.code == 3


def test_the_removal_of_the_last_link_of_all_is_a_widening_and_no_error(repo: Path, diff) -> None:
    commit(repo, {"links/platform.yaml": PLATFORM.replace("  namespaces", "  # namespaces")})
    (repo / "links/links.yaml").unlink()
    (repo / "links/notes.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: x}\n")
    ran = diff("links", "--fail-on", "widening")
    assert ran.code == 3
    assert "its last link is gone" in ran.out


def test_both_sides_say_why_they_do_not_render(repo: Path, diff) -> None:
    broken = ONE.replace("name: caller", "name: Caller!")
    commit(repo, {"links/links.yaml": broken})
    (repo / "links/links.yaml").write_text(ONE.replace("spec:", "spce:"))
    short = git(repo, "rev-parse", "--short=12", "HEAD")
    ran = diff("links")
    assert (ran.code, ran.out) == (1, "")
    assert f"kgen: error: {short}:links/links.yaml:5: AgentLink one: spec.from.name: " in ran.err
    assert "kgen: error: links/links.yaml:1: AgentLink one: " in ran.err
    assert "HEAD does not render, so there is nothing to compare" in ran.err
    assert "the work tree does not render, so there is nothing to compare" in ran.err


def test_a_broken_base_does_not_hide_that_the_new_side_renders(repo: Path, diff) -> None:
    commit(repo, {"links/links.yaml": ONE.replace("spec:", "spce:")})
    (repo / "links/links.yaml").write_text(ONE)
    ran = diff("links")
    assert ran.code == 1
    assert "HEAD does not render" in ran.err
    assert "the work tree does not" not in ran.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["HEAD"], 2, "kgen diff HEAD takes a PATH as well"),
        (["mian..HEAD", "links"], 1, "mian is no revision here: give a branch, a tag or a commit"),
        (["mian", "links"], 1, "mian: neither HEAD nor the work tree has it, and it is no revision"),
        (["HEAD", "nothing"], 1, "nothing: neither HEAD nor the work tree has it"),
        (["-", "links"], 2, "- stands for no revision and no path"),
        (["links", "--fail-on", "all"], 2, "invalid choice: 'all'"),
        (["links", "--as-of", "never"], 1, "--as-of is 'never'"),
    ],
)
def test_what_is_wrong_is_said(repo: Path, diff, words: list[str], code: int, message: str) -> None:
    ran = diff(*words)
    assert ran.code == code
    assert message in ran.err


def test_a_name_that_is_both_a_branch_and_a_folder_is_asked_about(repo: Path, diff) -> None:
    git(repo, "branch", "links")
    assert "links is a path and a revision: write ./links, or links.. for the revision" in diff("links").err
    assert diff("./links").code == 0
    assert diff("links..", "./links").code == 0


def test_it_can_be_asked_from_a_folder_below_and_by_absolute_paths(repo: Path, diff, monkeypatch) -> None:
    commit(repo, {"links/links.yaml": TWO})
    monkeypatch.chdir(repo / "links")
    assert "access widens" in diff("first..HEAD", ".").out
    assert "access widens" in diff("first..HEAD", str(repo / "links")).out
    assert os.getcwd() == str(repo / "links")


def test_the_same_options_count_for_both_sides_each_with_its_own_files(repo: Path, diff) -> None:
    overlay = (
        "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nspec: {namespaces: {team-b: {podSecurity: {enforce: %s}}}}\n"
    )
    commit(repo, {"overlays/dev/platform.yaml": overlay % "restricted"})
    commit(repo, {"overlays/dev/platform.yaml": overlay % "baseline"})
    ran = diff("HEAD~..HEAD", "links", "--overlay", "overlays/dev")
    assert "Pod Security: baseline, was restricted" in ran.out
    assert "no difference" in diff("HEAD~..HEAD", "links").out


def test_the_repository_is_as_before(repo: Path, diff) -> None:
    commit(repo, {"links/links.yaml": TWO})
    (repo / "links/untracked.txt").write_text("x")
    before = {str(path): path.stat().st_mtime_ns for path in repo.rglob("*") if path.is_file()}
    assert diff("first..HEAD", "links").code == 0
    assert {str(path): path.stat().st_mtime_ns for path in repo.rglob("*") if path.is_file()} == before


SECRET = "hunter2-f00"
SECRETS = """\
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: data, annotations: {kubectl.kubernetes.io/last-applied-configuration: %s}}
stringData: {harmless: %s}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: data}
spec:
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: c, image: i, args: [--password=%s], env: [{name: DB_PASSWORD, value: %s}]}]}
"""


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_secret_of_either_side_is_shown_and_that_it_changed_is(repo: Path, diff, form: str) -> None:
    commit(repo, {"links/links.yaml": ONE + SECRETS.replace("%s", "old-" + SECRET)})
    (repo / "links/links.yaml").write_text(ONE + SECRETS.replace("%s", "new-" + SECRET))
    ran = diff("links", "--format", form)
    assert SECRET not in ran.out + ran.err
    assert "stringData" in ran.out
    assert "DB_PASSWORD" in ran.out.replace("&#95;", "_")


def test_json_has_the_shape_that_the_page_describes(repo: Path, diff) -> None:
    (repo / "links/links.yaml").write_text(TWO)
    found = json.loads(diff("links", "--format", "json").out)
    assert set(found) == {
        *("base", "head", "widens", "differs", "opened", "closed", "notJudged", "notWatched", "objects", "unchanged")
    }
    assert (found["base"], found["head"], found["widens"], found["differs"]) == ("HEAD", "the work tree", True, True)
    assert found["opened"][0] == {
        "kind": "call",
        "team": "beta",
        "from": "team-a/caller",
        "to": "team-b/other",
        "on": "TCP 8080",
        "text": "link",
    }
    assert {
        key: value
        for one in found["objects"]
        if one.get("kind") == "ServiceAccount"
        for key, value in one.items()
        if key not in ("layer", "team")
    } == {
        "change": "added",
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "namespace": "team-b",
        "name": "other-sa",
    }


def test_a_link_that_leads_out_of_the_repository_is_not_followed(repo: Path, diff, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(ONE)
    commit(repo, {"links/links.yaml": None, "links/evil.yaml": f"-> {tmp_path}/outside.yaml"})
    ran = diff("first..HEAD", "links")
    assert ran.code == 1
    assert "links/evil.yaml: a symbolic link that leads out of the folder is not followed" in ran.err


def test_manifests_without_links_are_compared_as_they_are(repo: Path, diff) -> None:
    def binding(user: str) -> str:
        return (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
            f"subjects: [{{kind: User, name: {user}}}]\nroleRef: {{kind: ClusterRole, name: cluster-admin}}\n"
        )

    commit(repo, {"plain/b.yaml": binding("ann")})
    (repo / "plain/b.yaml").write_text(binding("ben"))
    ran = diff("plain", "--fail-on", "widening")
    assert ran.code == 3
    assert "right in the API server  User ben  every namespace      everything" in ran.out


def test_nothing_of_a_revision_becomes_code(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kgen.entry import revisions
    from kgen.load import git as reader

    of = commit(repo, {"layer.yaml": "x: 1\n", "kgen_planted.py": "raise SystemExit('planted')\n"})
    (repo / "kgen_planted.py").unlink()
    monkeypatch.setattr(sys, "path", ["", ".", *sys.path])
    with revisions.inside(reader.repository(), of, ["."]):
        assert os.path.exists("kgen_planted.py")
        with pytest.raises(ImportError):
            importlib.import_module("kgen_planted")
    assert sys.path[:2] == ["", "."]
