"""Revisions read from git: what is there, and that nothing of the repository is run, fetched or written."""

import os
import subprocess
from pathlib import Path

import pytest

from kgen.load import git as reader
from kgen.load.revisions import Snapshot, snapshot
from kgen.results import Refused
from tests.load.repository import commit, git, repository


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo")


def taken(repo: Path, of: str, *named: str, below: str = "") -> Snapshot:
    at = reader.repository(str(repo / below))
    return snapshot(at, reader.tree(at, of), named)


def test_a_revision_is_what_its_commit_holds(repo: Path) -> None:
    first = commit(repo, {"links/a.yaml": "a: 1\n", "links/ü b.yaml": "b: 1\n", "README.md": "no manifest"})
    commit(repo, {"links/a.yaml": "a: 2\n"})
    (repo / "links/a.yaml").write_text("a: 3\n")
    assert taken(repo, first, "links").files == {"links/a.yaml": b"a: 1\n", "links/ü b.yaml": b"b: 1\n"}


def test_only_what_a_run_could_read_is_taken(repo: Path) -> None:
    files = {"teams/a.yaml": "a: 1\n", "other/b.yaml": "b: 1\n", "own/layer.yaml": "x: 1\n", "own/run.sh": "echo\n"}
    of = commit(repo, {**files, "links.txt": "named\n"})
    assert set(taken(repo, of, "teams", "links.txt").files) == {
        *("teams/a.yaml", "own/layer.yaml", "own/run.sh", "links.txt")
    }


def test_a_platform_may_name_files_beside_it(repo: Path) -> None:
    of = commit(repo, {"env/platform.yaml": "kind: Platform\nspec: {files: [links/*]}\n", "env/links/a.yaml": "a: 1\n"})
    assert set(taken(repo, of, "env/platform.yaml").files) == {"env/platform.yaml", "env/links/a.yaml"}


def test_paths_count_from_the_folder(repo: Path) -> None:
    of = commit(repo, {"sub/links/a.yaml": "a: 1\n", "links/b.yaml": "b: 1\n"})
    assert set(taken(repo, of, "links", below="sub").files) == {"sub/links/a.yaml"}
    assert set(taken(repo, of, "../links", below="sub").files) == {"links/b.yaml"}
    assert set(taken(repo, of, ".", below="sub").files) == {"sub/links/a.yaml"}


def test_what_a_revision_has_not_is_missing_and_no_error(repo: Path) -> None:
    assert taken(repo, commit(repo, {"a.yaml": "a: 1\n"}), "links", "a.yaml").missing == ("links",)


def test_links_are_followed_within_the_repository_only(repo: Path) -> None:
    files = {
        "real/a.yaml": "a: 1\n",
        "links": "-> real",
        "real/in.yaml": "-> a.yaml",
        "real/out.yaml": "-> /etc/passwd",
    }
    found = taken(repo, commit(repo, {**files, "real/up.yaml": "-> ../../x.yaml", "loop": "-> loop"}), "links")
    assert found.files == {"real/a.yaml": b"a: 1\n"}
    assert found.links == {
        "links": "real",
        "real/in.yaml": "a.yaml",
        "real/out.yaml": "",
        "real/up.yaml": "",
        "loop": "",
    }


def test_a_submodule_is_said_and_not_read(repo: Path) -> None:
    commit(repo, {"a.yaml": "a: 1\n"})
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},links/sub")
    git(repo, "commit", "-q", "-m", "sub")
    found = taken(repo, "HEAD", "links")
    assert [result.file for result in found.results] == ["links/sub"]
    assert "its files are in another repository" in found.results[0].message


@pytest.mark.parametrize("name", ["nothing", "", "--upload-pack=touch x", "-h", "a\0b", "HEAD:a.yaml"])
def test_what_is_no_revision_is_none(repo: Path, name: str) -> None:
    commit(repo, {"a.yaml": "a: 1\n"})
    with pytest.raises(Refused, match="is no revision here"):
        reader.commit(reader.repository(str(repo)), name)


def test_a_shallow_clone_without_the_revision_says_what_to_set(repo: Path, tmp_path: Path) -> None:
    first = commit(repo, {"a.yaml": "a: 1\n"})
    commit(repo, {"a.yaml": "a: 2\n"})
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    with pytest.raises(Refused, match="set fetch-depth: 0"):
        reader.commit(reader.repository(str(tmp_path / "shallow")), first)


def test_a_partial_clone_fetches_nothing(repo: Path, tmp_path: Path) -> None:
    first = commit(repo, {"a.yaml": "a: 1\n"})
    commit(repo, {"a.yaml": "a: 2\n"})
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{repo}", "partial")
    ran = tmp_path / "ran"
    git(tmp_path / "partial", "config", "remote.origin.uploadpack", f"touch {ran}; git-upload-pack")
    with pytest.raises(Refused, match="the clone is a partial one"):
        taken(tmp_path / "partial", first, "a.yaml")
    assert not ran.exists()


def test_a_pointer_of_lfs_is_no_manifest(repo: Path) -> None:
    of = commit(repo, {"a.yaml": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"})
    with pytest.raises(Refused, match="a Git LFS pointer"):
        taken(repo, of, "a.yaml")


def test_outside_of_a_repository_git_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Refused, match="compares revisions of a git repository: not a git repository"):
        reader.repository(str(tmp_path))


def test_a_tree_with_names_that_lead_out_is_refused(repo: Path) -> None:
    blob = _blob(repo, b"a: 1\n")
    inner = _tree(repo, b"100644 evil.yaml\0" + bytes.fromhex(blob))
    outer = _tree(repo, b"40000 ..\0" + bytes.fromhex(inner))
    of = git(repo, "commit-tree", outer, "-m", "x")
    with pytest.raises(Refused, match="which is no name"):
        taken(repo, of, ".")


def _blob(repo: Path, data: bytes) -> str:
    return _write(repo, "blob", data)


def _tree(repo: Path, data: bytes) -> str:
    return _write(repo, "tree", data)


def _write(repo: Path, sort: str, data: bytes) -> str:
    words = ["git", "hash-object", "-w", "-t", sort, "--literally", "--stdin"]
    return subprocess.run(words, cwd=repo, input=data, capture_output=True, check=True).stdout.decode().strip()


def test_nothing_that_a_repository_configures_is_run(repo: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    run = f"touch {ran}"
    script = repo / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    script.chmod(0o755)
    of = commit(repo, {".gitattributes": "* filter=evil diff=evil merge=evil\n", "links/a.yaml": "a: 1\n"})
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "credential.helper", "diff.external"):
        git(repo, "config", key, str(script))
    for key in (
        "filter.evil.smudge",
        "filter.evil.clean",
        "filter.evil.process",
        "diff.evil.textconv",
        "alias.ls-tree",
    ):
        git(repo, "config", key, f"!{run}" if key.startswith("alias") else str(script))
    for key in ("diff.evil.command", "core.alternateRefsCommand", "gpg.program", "uploadpack.packObjectsHook"):
        git(repo, "config", key, str(script))
    hooks = repo / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"):
        (hooks / name).write_text(script.read_text())
        (hooks / name).chmod(0o755)
    ran.unlink(missing_ok=True)
    before = _state(repo)
    at = reader.repository(str(repo))
    assert reader.merge_base(at, of, reader.commit(at, "HEAD")) == of
    assert taken(repo, of, "links").files == {"links/a.yaml": b"a: 1\n"}
    assert not ran.exists()
    assert _state(repo) == before


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file with its size and time; git's index and locks among them."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_settings_of_the_caller_that_run_something_are_left_out(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = commit(repo, {"a.yaml": "a: 1\n"})
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"touch {tmp_path / 'ran'}")
    assert taken(repo, of, "a.yaml").files
    assert os.listdir(tmp_path) == ["repo"]


def test_replaced_objects_are_not_what_a_commit_holds(repo: Path) -> None:
    of = commit(repo, {"a.yaml": "a: 1\n"})
    real = git(repo, "rev-parse", "HEAD:a.yaml")
    git(repo, "replace", real, _blob(repo, b"a: 666\n"))
    assert taken(repo, of, "a.yaml").files == {"a.yaml": b"a: 1\n"}
