"""YAML nodes by PyYAML's C parser, with limits: nesting (deep input crashes the C composer), size, aliases.

The C composer resolves nothing here: a scalar's tag is None where none is written, and yaml_read gives it a value.
"""

import gc
from collections.abc import Callable, Iterator

from kgen.load.pyyaml import CParser, Node, yaml
from kgen.records import Any, NamedTuple
from kgen.results import Refused, Result


class Limits(NamedTuple):
    """What one file may ask for. The API server itself takes requests of 3 MiB."""

    size: int = 64 * 2**20  # bytes of a file
    values: int = 400_000  # scalars, mappings and lists of one document; the largest CRDs have 50,000
    depth: int = 100  # mappings and lists in one another; the deepest CRDs have 38
    copies: int = 20_000  # values that aliases and merges add to one document


LIMITS = Limits()
RESOURCE_LIST = Limits(size=256 * 2**20, values=5_000_000)
"""A ResourceList is one document that holds everything kustomize has read."""


class uncollected:
    """While it lasts, nothing looks for reference cycles: in a million new nodes that takes most of the time."""

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            gc.enable()


class TooMuch(Exception):
    """A limit is passed. The message says which, and what to do; `line` counts from 1, 0 is unknown."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Composer(CParser):
    """Composes the documents of one stream; `composed()` tells how many nodes the last one has."""

    composed: Callable[[], int]

    def __init__(self, text: bytes | str, limits: Limits) -> None:
        CParser.__init__(self, text)
        depth, nodes, most = limits.depth + 1, 0, limits.values

        # The C composer calls these for every node; closures are the cheapest way to count.
        def descend(parent: Any, index: Any) -> None:
            nonlocal depth, nodes
            depth -= 1
            nodes += 1
            if depth < 0 or nodes > most:
                line = parent.start_mark.line + 1 if parent else 0
                raise TooMuch(too_deep(limits) if depth < 0 else _too_many(most), line)

        def ascend() -> None:
            nonlocal depth
            depth += 1

        def composed() -> int:
            nonlocal nodes
            count, nodes = nodes, 0
            return count

        self.descend_resolver, self.ascend_resolver, self.composed = descend, ascend, composed
        self.resolve = _no_tag


def _no_tag(kind: Any, value: Any, implicit: Any) -> None:
    return None


def too_deep(limits: Limits) -> str:
    return f"nested deeper than {limits.depth} levels, which no Kubernetes object is: take levels out"


def _too_many(most: int) -> str:
    return f"more than {most} values in one document: split it into several, with lines of --- between"


def text_of(data: bytes) -> bytes:
    """The input as UTF-8 without a byte order mark; UTF-16 is taken where it begins with one, as kubectl does."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def compose(data: bytes, file: str, limits: Limits) -> Iterator[tuple[Node, int]]:
    """Each document of a stream as (root node, number of its nodes).

    Raises Refused, after the documents before it, at the first document that is no YAML or too much.
    """
    index = 0
    composer = Composer(data, limits)
    try:
        while True:
            with uncollected():
                root: Any = composer.get_node() if composer.check_node() else None
            if root is None:
                return
            yield root, composer.composed()
            index += 1
    except TooMuch as error:
        raise Refused([Result(str(error), rule="limits", file=file, index=index, line=error.line)]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused([_syntax(error, data, file, index)]) from None
    finally:
        composer.dispose()


def _syntax(error: Exception, data: bytes, file: str, index: int) -> Result:
    """libyaml's problem, in words that say what to do. Its messages name no values."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        problem = error.problem or error.context or "it ends too early"
        lines = data.split(b"\n", line)
        source = lines[line - 1] if 0 < line <= len(lines) else b""
        if b"\t" in source[: len(source) - len(source.lstrip())]:
            advice = "a tab indents this line; YAML takes spaces only: replace it"
        elif "mapping values are not allowed" in problem:
            advice = f"{problem}: quote a value that holds a colon and a space, or check the indentation"
        elif "cannot start any token" in problem:
            advice = f"{problem}: quote a value that begins with @, `, % or a tab"
        elif "escape" in problem:
            advice = f"{problem}: use single quotes where backslashes are meant as they stand"
        elif "alias" in problem:
            advice = f"{problem}: quote a value that begins with *"
        elif problem == "second occurrence":
            advice = "two anchors have one name: rename one of them"
        else:
            advice = f"{problem}: check the indentation and the quotes around here"
        return Result(f"not valid YAML: {advice}", rule="yaml", file=file, index=index, line=line)
    position = getattr(error, "position", None)
    reason = getattr(error, "reason", "not UTF-8")
    line = data[:position].count(b"\n") + 1 if isinstance(position, int) else 0
    message = f"not valid YAML: {reason}: save the file as UTF-8 text"
    return Result(message, rule="yaml", file=file, index=index, line=line)
