"""Which template line made each field of an object, for `kgen explain`: the template is translated again, so that
its values carry their lines."""

from collections.abc import Iterator

from kgen.expand import module
from kgen.expand.documents import functions
from kgen.expand.layer import Template
from kgen.expand.translate import Translator
from kgen.expand.tree import read
from kgen.load.layers import LayerSource
from kgen.manifests import Path, path_text
from kgen.records import Any, NamedTuple
from kgen.topology.types import Platform


class TracedField(NamedTuple):
    """One scalar, or empty mapping or list, of an object."""

    path: str  # spec.rules[0].ports
    file: str
    line: int


class _At(NamedTuple):
    line: int
    value: Any


def trace(source: LayerSource, template: Template, scope: Any, platform: Platform) -> list[TracedField]:
    """The fields of `template.build(scope, platform)` in their order. `source` is the layer that has the template.

    Raises KeyError where the layer has no such document (it was read again and has changed).
    """
    name = template.file.rpartition("/")[2]
    document = next((one for one in read(source.files[name], template.file) if one.line == template.line), None)
    if document is None:
        raise KeyError(f"{template.file}:{template.line}")
    translator = Translator(source.files, traced=True)
    made = functions(translator, document, 0, source.name, template.file, (), 0)
    lines = " ".join(str(line.origin) for line in made.lines)
    names = {
        **module.helpers(),
        "__builtins__": {"bool": bool, "Exception": Exception},
        "_LINES": lines,
        "_at": _At,
        "_bare": _bare,
        "_fields": lambda at: at.value if isinstance(at, _At) else at,
        "_spread": lambda line, fields: {key: _At(line, value) for key, value in fields.items()},
    }
    exec(compile("\n".join(line.text for line in made.lines), f"<trace of {source.name}>", "exec"), names)
    traced = names["build_0"](scope, platform)
    return [TracedField(path_text(path), template.file, line) for path, line in _leaves(traced, (), 0)]


def _leaves(value: Any, path: Path, line: int) -> Iterator[tuple[Path, int]]:
    while isinstance(value, _At):
        line, value = value
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key), line)
    elif isinstance(value, list) and value:
        for position, inner in enumerate(value):
            yield from _leaves(inner, (*path, position), line)
    else:
        yield path, line


def _bare(value: Any) -> Any:
    """The value without its lines, for what becomes text."""
    if isinstance(value, _At):
        return _bare(value.value)
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items()}
    return [_bare(inner) for inner in value] if isinstance(value, list) else value
