"""The examples: what their READMEs say to run, and the bundle that comes of it."""

import re
import shlex
from pathlib import Path

import kgen
from kgen.bundle import Bundle
from kgen.entry.cli import inputs, make_parser, render as render_command

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = tuple(sorted(folder for folder in (ROOT / "examples").glob("[0-9][0-9]-*") if folder.is_dir()))
DAY = "2026-06-15"


def commands(example: Path) -> list[list[str]]:
    """The words after `kgen` of each command in the README's console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", (example / "README.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line.removeprefix("$ "))[1:] for line in lines]


def bundle(words: list[str]) -> Bundle:
    """The bundle of `kgen render WORDS`, from the project's folder."""
    options = make_parser("render", render_command).parse_args([*words, "--as-of", DAY])
    request = inputs.read(options)
    return kgen.render(
        request.documents, request.platform, layers=request.layers, patches=request.patches, as_of=inputs.date(options)
    )
