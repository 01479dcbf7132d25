"""Arguments without options mean the same with and without argparse."""

from importlib import import_module

import pytest

from kgen.entry.cli import COMMANDS, make_parser, plain

NAMES = [name for name, _ in COMMANDS]


@pytest.mark.parametrize("command", NAMES)
@pytest.mark.parametrize("words", [["links"], ["a.yaml", "b c", "ä"]])
def test_words_are_what_argparse_makes_of_them(command: str, words: list[str]) -> None:
    module = import_module(f"kgen.entry.cli.{command.replace('-', '_')}")
    made = plain.options(module, words)
    if made is not None:
        assert vars(made) == vars(make_parser(command, module).parse_args(words))


def test_render_and_check_need_no_parser_for_paths_alone() -> None:
    for command in ("render", "check"):
        module = import_module(f"kgen.entry.cli.{command}")
        assert plain.options(module, ["links"]) is not None
        for words in ([], ["-"], ["links", "--quiet"], ["-q", "links"], ["--help"], ["links", "--", "x"]):
            assert plain.options(module, words) is None
