"""Each example has a README whose commands work, and files that editors can check."""

import re
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import yaml

from kgen.entry.cli import main
from tests.examples.rendering import EXAMPLES, ROOT, commands

RUNS = [(example, words) for example in EXAMPLES for words in commands(example)]
OURS = [file for example in EXAMPLES for file in sorted(example.rglob("*.yaml")) if "kgen.dev/" in file.read_text()]


def test_there_are_five_examples_with_commands_each() -> None:
    assert len(EXAMPLES) >= 5
    assert all(commands(example) for example in EXAMPLES)


@pytest.mark.parametrize("example, words", RUNS, ids=lambda value: value.name if isinstance(value, Path) else None)
def test_the_commands_of_its_readme_work(
    example: Path, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    if "-o" in words:  # not into the checkout
        words[words.index("-o") + 1] = str(tmp_path / "out")
    out, err = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    code = main(words)
    err.flush()
    assert code == 0, err.buffer.getvalue().decode()
    if "-o" in words:
        assert list((tmp_path / "out").rglob("*.yaml"))
    else:
        assert [each for each in yaml.safe_load_all(out.buffer.getvalue()) if each]


LOOKED_AT = [
    line.partition("#")[0].split()[1:]
    for example in EXAMPLES
    for block in re.findall(r"```sh\n(.*?)```", (example / "README.md").read_text(), re.DOTALL)
    for line in block.splitlines()
    if re.match(r"kgen (check|prove|why|blast|graph|explain)\b", line) and "|" not in line
]


@pytest.mark.parametrize("words", LOOKED_AT, ids=" ".join)
def test_what_its_readme_says_to_look_at_is_fine(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(words) == 0, capsys.readouterr().err


def test_the_list_of_examples_is_whole_and_in_order() -> None:
    rows = re.findall(r"^\| \[(.+?)\]\(\1/\) \| ", (ROOT / "examples/README.md").read_text(), re.MULTILINE)
    assert rows == [example.name for example in EXAMPLES]


@pytest.mark.parametrize("file", OURS, ids=lambda file: str(file.relative_to(ROOT / "examples")))
def test_its_files_name_a_schema_that_is_there(file: Path) -> None:
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text())
    assert found, "the first line is no modeline"
    assert (file.parent / found[1]).resolve().parent == ROOT / "schemas"
    assert (file.parent / found[1]).is_file()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_what_its_readme_names_is_there(example: Path) -> None:
    text = (example / "README.md").read_text()
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (example / link).exists(), link
    files = [name for name in re.findall(r"`([\w/.-]+\.yaml)`", text) if not (example / name).exists()]
    assert not files
