"""Regular expressions that are compiled when they are first used: most runs use few of them.

Compiling one costs up to a million instructions. PyYAML alone makes two dozen when it is imported, for its parser in
Python, which kgen never runs (docs/decisions/0010).
"""

from kgen.records import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from re import Match

ASCII = 256  # re.ASCII, without importing re


class Regex:
    """Stands for a compiled pattern, whose methods are its own from the first use on."""

    __slots__ = ("_pattern", "_flags", "match", "fullmatch", "search", "sub")

    if TYPE_CHECKING:
        match: Callable[[str], Match[str] | None]
        fullmatch: Callable[[str], Match[str] | None]
        search: Callable[[str], Match[str] | None]
        sub: Callable[[str | Callable[[Match[str]], str], str], str]

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """Only called for what is not there yet."""
        if name.startswith("__"):
            raise AttributeError(name)  # what copy and pickle ask for
        import re

        compiled = re.compile(self._pattern, self._flags)
        self.match, self.fullmatch = compiled.match, compiled.fullmatch
        self.search, self.sub = compiled.search, compiled.sub
        return getattr(compiled, name)


class postponed:
    """While it lasts, `re.compile` gives modules of one package a Regex. For a process that has one thread."""

    def __init__(self, package: str) -> None:
        self.prefix = package + "."

    def __enter__(self) -> None:
        import re
        import sys

        self.compile = compile = re.compile

        def postpone(pattern: Any, flags: Any = 0) -> Any:
            asks = sys._getframe(1).f_globals["__name__"]
            if isinstance(pattern, str) and asks.startswith(self.prefix):
                return Regex(pattern, flags)
            return compile(pattern, flags)

        re.compile = postpone

    def __exit__(self, *_: object) -> None:
        import re

        re.compile = self.compile
