"""Arguments without options, which need no argparse: importing it and building a parser costs a tenth of a small run.

What an option is where it is not given is taken from the declarations that argparse gets, too.
"""

from kgen.records import Any


class Options:
    """The options of a run, by name, as argparse's Namespace."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


class _Declarations:
    """Takes the place of a parser, and notes what is declared. Others of a parser's methods are an AttributeError."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.positional: list[tuple[str, Any]] = []

    def add_argument(self, *names: str, default: Any = None, action: str = "", nargs: Any = None, **shown: Any) -> None:
        if shown.keys() - {"metavar", "help", "choices"} or action not in ("", "store_true", "append"):
            raise AttributeError
        if not names[0].startswith("-"):
            self.positional.append((names[0], None if shown.get("choices") else nargs))
            return
        name = next((name for name in names if name.startswith("--")), names[0])
        self.values[name.lstrip("-").replace("-", "_")] = False if action == "store_true" else default

    def add_mutually_exclusive_group(self) -> "_Declarations":
        return self


def options(module: Any, words: list[str]) -> Options | None:
    """What argparse would make of these words; None where it has to, for options and commands of another form."""
    if not words or any(word.startswith("-") for word in words):
        return None
    declared = _Declarations()
    try:
        module.arguments(declared)
    except AttributeError:
        return None
    if [nargs for _, nargs in declared.positional] != ["+"]:
        return None
    return Options({**declared.values, declared.positional[0][0]: words})
