"""Output is whole or absent; what is not kgen's, or was edited, is never touched."""

import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from kgen.entry.writer import RECORD, Written, write_file, write_stdout, write_tree
from kgen.results import Refused

FIRST = {"a/one.yaml": "1\n", "a/two.yaml": "2\n", "b/three.yaml": "3\n"}
SECOND = {"a/one.yaml": "1\n", "a/two.yaml": "changed\n", "c/four.yaml": "4\n"}


Folders = pytest.TempPathFactory


@pytest.fixture(scope="session")
def factory(tmp_path_factory: Folders) -> Folders:
    return tmp_path_factory


def files(folder: Path) -> dict[str, str]:
    """Everything in a folder, the record left out."""
    found = {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {path: text for path, text in found.items() if path != RECORD}


def refused(folder: Path, tree: dict[str, str], *, force: bool = False) -> list[str]:
    with pytest.raises(Refused) as error:
        write_tree(str(folder), tree.items(), force=force)
    return [result.message.replace(str(folder), "OUT") for result in error.value.results]


def test_a_tree_and_what_a_second_run_changes(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    assert write_tree(str(out), FIRST.items()) == Written(tuple(FIRST), (), (), ())
    assert files(out) == FIRST
    before = os.stat(out / "a/one.yaml")
    assert write_tree(str(out), SECOND.items()) == Written(
        ("c/four.yaml",), ("a/two.yaml",), ("b/three.yaml",), ("a/one.yaml",)
    )
    assert files(out) == SECOND
    assert not (out / "b").exists()
    assert os.stat(out / "a/one.yaml").st_ino == before.st_ino  # what is equal is not written again
    assert write_tree(str(out), SECOND.items()) == Written((), (), (), tuple(sorted(SECOND)))
    assert sorted(path.name for path in tmp_path.rglob(".*")) == [RECORD]


def test_pieces_of_one_path_make_one_file(tmp_path: Path) -> None:
    write_tree(str(tmp_path), [("a.yaml", "1\n"), ("b.yaml", "2\n"), ("a.yaml", "---\n3\n")])
    assert files(tmp_path) == {"a.yaml": "1\n---\n3\n", "b.yaml": "2\n"}


def test_the_record_is_what_sha256sum_checks(tmp_path: Path) -> None:
    write_tree(str(tmp_path), FIRST.items())
    record = (tmp_path / RECORD).read_text()
    assert [line.split("  ")[1] for line in record.splitlines()] == list(FIRST)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", RECORD], cwd=tmp_path, check=True)


def test_modes_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_tree(str(tmp_path / "out"), FIRST.items())
        write_file(str(tmp_path / "file"), ["x"])
    finally:
        os.umask(before)
    modes = [tmp_path / "out", tmp_path / "out" / "a" / "one.yaml", tmp_path / "out" / RECORD, tmp_path / "file"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in modes] == [0o750, 0o640, 0o640, 0o640]


def test_files_of_others_stay_and_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/mine.yaml").write_text("mine")
    (tmp_path / "a/two.yaml").write_text("mine too")
    (tmp_path / "b").write_text("a file where a folder is wanted")
    assert refused(tmp_path, FIRST) == [
        "OUT/a/two.yaml is there already and was not written by kgen: move it away, or choose another folder",
        "OUT/b/three.yaml is a folder or a link, or lies below one, where kgen writes a file: move it away",
    ]
    assert sorted(files(tmp_path)) == ["a/mine.yaml", "a/two.yaml", "b"]
    assert refused(tmp_path, FIRST, force=True) == refused(tmp_path, FIRST)  # force is for edits only
    (tmp_path / "a/two.yaml").unlink()
    (tmp_path / "b").unlink()
    write_tree(str(tmp_path), FIRST.items())
    write_tree(str(tmp_path), [])
    assert files(tmp_path) == {"a/mine.yaml": "mine"}


def test_a_foreign_file_that_is_equal_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("same\n")
    assert write_tree(str(tmp_path), [("a.yaml", "same\n")]) == Written((), (), (), ("a.yaml",))


def test_edited_files_are_refused_unless_forced(tmp_path: Path) -> None:
    write_tree(str(tmp_path), FIRST.items())
    (tmp_path / "a/two.yaml").write_text("edited")
    (tmp_path / "b/three.yaml").write_text("edited")
    edited = "was edited since kgen wrote it: say it in the input or in a patch instead, then"
    assert refused(tmp_path, SECOND) == [
        f"OUT/a/two.yaml {edited} replace the file with --force",
        f"OUT/b/three.yaml {edited} remove the file with --force",
    ]
    assert files(tmp_path) == {**FIRST, "a/two.yaml": "edited", "b/three.yaml": "edited"}
    written = write_tree(str(tmp_path), SECOND.items(), force=True)
    assert (written.changed, written.removed) == (("a/two.yaml",), ("b/three.yaml",))
    assert files(tmp_path) == SECOND


def test_a_removed_file_comes_back(tmp_path: Path) -> None:
    write_tree(str(tmp_path), FIRST.items())
    (tmp_path / "a/two.yaml").unlink()
    (tmp_path / "b/three.yaml").unlink()
    assert write_tree(str(tmp_path), SECOND.items()).created == ("a/two.yaml", "c/four.yaml")
    assert files(tmp_path) == SECOND


@pytest.mark.parametrize("linked", ["a/two.yaml", "a"])
def test_links_are_not_followed(tmp_path: Path, linked: str) -> None:
    outside = tmp_path / "outside"
    write_tree(str(outside), FIRST.items())
    out = tmp_path / "out"
    write_tree(str(out), FIRST.items())
    target = out / linked
    if target.is_dir():
        (target / "one.yaml").unlink()
        (target / "two.yaml").unlink()
        target.rmdir()
    else:
        target.unlink()
    target.symlink_to(outside / linked)
    assert any("is a folder or a link" in message for message in refused(out, SECOND, force=True))
    assert files(outside) == FIRST


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../outside", "a//b", "", "a\\b", "."])
def test_a_record_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    victim = tmp_path / "outside"
    victim.write_text("x")
    out = tmp_path / "out"
    out.mkdir()
    (out / RECORD).write_text("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" + f"  {path}\n")
    assert refused(out, FIRST) == [
        f"OUT/{RECORD}, line 1: not as kgen writes it (checksum, two spaces, path); "
        "restore the file from git, or write into a new folder"
    ]
    assert victim.exists()


def test_a_record_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / RECORD).symlink_to("/dev/null")
    assert refused(tmp_path, FIRST) == [f"OUT/{RECORD} is no regular file: move it away"]


def test_a_path_that_leads_out_of_the_tree_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no path inside the tree: \.\./x"):
        write_tree(str(tmp_path / "out"), [("../x", "")])
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_when_the_last_piece_fails(tmp_path: Path) -> None:
    def failing() -> Iterator[tuple[str, str]]:
        yield from SECOND.items()
        raise Refused([])

    out = tmp_path / "out"
    write_tree(str(out), FIRST.items())
    for folder in (out, tmp_path / "new" / "folder"):
        with pytest.raises(Refused):
            write_tree(str(folder), failing())
    assert files(out) == FIRST
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("calls", range(1, 7))
def test_a_run_that_is_killed_is_completed_by_the_next(tmp_path: Path, calls: int) -> None:
    write_tree(str(tmp_path), FIRST.items())
    child = os.fork()
    if not child:
        _die_after(calls)
        write_tree(str(tmp_path), SECOND.items())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    # Each file is one or the other, whole, and nobody has to be asked anything.
    for path, text in files(tmp_path).items():
        assert path.startswith(".kgen-new-") or text in (FIRST.get(path), SECOND.get(path))
    write_tree(str(tmp_path), SECOND.items())
    assert files(tmp_path) == SECOND


def _die_after(calls: int) -> None:
    """Ends this process before the nth file is moved or removed."""
    left = [calls]

    def dying(real: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: str, **more: int) -> None:
            left[0] -= 1
            if not left[0]:
                os._exit(9)
            real(*arguments, **more)

        return call

    for name in ("replace", "unlink"):
        setattr(os, name, dying(getattr(os, name)))


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    def other() -> Iterator[tuple[str, str]]:
        assert refused(tmp_path, FIRST) == ["another kgen is writing into OUT: wait for it to end"]
        yield from SECOND.items()

    write_tree(str(tmp_path), other())
    assert files(tmp_path) == SECOND


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    assert refused(tmp_path / "out", FIRST) == ["OUT is a file: name a folder for the tree"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "can not be written: Permission denied" in refused(tmp_path, FIRST)[0]
    finally:
        tmp_path.chmod(0o700)


Tree = dict[str, str]
TREE = st.dictionaries(st.sampled_from(["a", "b", "x/a", "x/y/b", "z/a"]), st.sampled_from(["", "1", "2"]), max_size=5)


@given(st.lists(TREE, min_size=1, max_size=4))
def test_whatever_came_before_it_is_the_tree_of_the_last_run(factory: Folders, trees: list[Tree]) -> None:
    out = factory.mktemp("trees")
    (out / "x").mkdir()
    (out / "x" / "foreign").write_text("mine")
    for tree in trees:
        before = files(out)
        written = write_tree(str(out), tree.items())
        assert files(out) == {**tree, "x/foreign": "mine"}
        assert sorted(written.created + written.changed + written.unchanged) == sorted(tree)
        assert set(written.removed) == before.keys() - tree.keys() - {"x/foreign"}
        assert not write_tree(str(out), tree.items()).changed


def test_one_file_is_replaced_whole(tmp_path: Path) -> None:
    def failing() -> Iterator[str]:
        yield "half"
        raise ValueError

    path = tmp_path / "bundle.yaml"
    path.write_text("old")
    path.chmod(0o600)
    with pytest.raises(ValueError):
        write_file(str(path), failing())
    assert path.read_text() == "old"
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    write_file(str(link), ["new\n", "é\n"])
    assert path.read_bytes() == "new\né\n".encode()
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [path, link]
    write_file("/dev/null", ["x"])


def test_a_file_in_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Refused) as error:
        write_file(str(tmp_path / "none" / "x"), ["x"])
    assert str(error.value) == f"{tmp_path}/none/x can not be written: No such file or directory"


def test_standard_output_gets_everything_at_once_or_nothing() -> None:
    class Counting(io.BytesIO):
        writes = 0

        def write(self, data: object) -> int:
            self.writes += 1
            return super().write(data)  # type: ignore[arg-type]

    def failing() -> Iterator[str]:
        yield "half"
        raise ValueError

    stream = Counting()
    with pytest.raises(ValueError):
        write_stdout(failing(), stream)
    assert stream.getvalue() == b""
    write_stdout(["a\n", "é\n"], stream)
    assert (stream.getvalue(), stream.writes) == ("a\né\n".encode(), 1)
    code = "from kgen.entry.writer import write_stdout; write_stdout(['a', 'b'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"ab"
