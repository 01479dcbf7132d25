"""The line of a field, found by composing its one document again: lines are not kept while rendering."""

from functools import lru_cache

import yaml

from kgen.load.compose import RESOURCE_LIST, Composer, TooMuch, text_of
from kgen.load.nodes import line_of
from kgen.manifests import Origin, Path
from kgen.records import Any


def locate(data: bytes, index: int, path: Path, line: int = 0) -> int:
    """Line, from 1, of a field of document `index` of a file; of its nearest parent where it does not exist.

    An item of a `kind: List` is the one that begins at `line`. 0 where the text can not be composed as YAML.
    """
    text, starts = _documents(data)
    if index >= len(starts):
        return 0
    begin, before = starts[index]
    end = starts[index + 1][0] if index + 1 < len(starts) else len(text)
    composer = Composer(text[begin:end], RESOURCE_LIST._replace(depth=200))
    try:
        root: Any = composer.get_node() if composer.check_node() else None
    except (yaml.YAMLError, TooMuch):
        return 0
    finally:
        composer.dispose()
    if root is None:
        return 0
    item = _item(root, line - before) if line - before != root.start_mark.line + 1 else None
    return before + line_of(item or root, path)


def line_in(sources: dict[str, bytes], origin: Origin, path: Path) -> int:
    """Line of a field of a document, from the files of one run (`files.Input.sources`); 0 where it is not known."""
    data = sources.get(origin.file)
    return locate(data, origin.index, path, origin.line) if data is not None else 0


@lru_cache(maxsize=4)
def _documents(data: bytes) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A file's text, and where each document begins in it: (character, lines before it)."""
    text = text_of(data).decode("utf-8", "replace")
    starts = []
    composer = Composer(text, RESOURCE_LIST)
    try:
        while composer.check_event():
            event = composer.get_event()
            if isinstance(event, yaml.DocumentStartEvent):
                mark: Any = event.start_mark
                starts.append((mark.index, mark.line))
    except yaml.YAMLError:
        pass  # the documents before the error have their places
    finally:
        composer.dispose()
    return text, tuple(starts)


def _item(root: Any, line: int) -> Any:
    """The item of a List that begins at a line; None where there is none."""
    if not isinstance(root, yaml.MappingNode):
        return None
    for name, value in root.value:
        if name.value == "items" and isinstance(value, yaml.SequenceNode):
            for node in value.value:
                if node.start_mark.line + 1 == line:
                    return node
                if node.start_mark.line < line <= node.end_mark.line + 1:
                    inner = _item(node, line)
                    if inner is not None:
                        return inner
    return None
