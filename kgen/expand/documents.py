"""One document of a layer as functions: its head says what it is made for and when, the rest is the object."""

from kgen.expand import type_check as types
from kgen.expand.grammar import TemplateError
from kgen.expand.layer import PRESENCES
from kgen.expand.scopes import SCOPES, names
from kgen.expand.source_lines import Line, Piece, one
from kgen.expand.translate import Translator, cost
from kgen.expand.tree import Located, Mapping, Node, Scalar, Sequence
from kgen.manifests import parse_path
from kgen.records import Any, NamedTuple

HEAD = ("$for", "$if", "$wave", "$presence", "$lists")


class Functions(NamedTuple):
    """The source of a document's functions, and of the Template that names them."""

    lines: tuple[Line, ...]
    template: str


def functions(
    translator: Translator, document: Mapping, number: int, layer: str, file: str, controls: tuple[str, ...], wave: int
) -> Functions:
    """Raises Located for what the document may not say."""
    each = _each(document)
    scope = names(each)
    made = _Made(translator, each, number, layer, file)
    body = Mapping(tuple(entry for entry in document.entries if entry.key not in HEAD), document.line)
    made.function("identity", _identity(translator, body, scope), 1)
    root = translator.value(body, scope)
    if root.condition is not None:
        raise Located(TemplateError("$if of a document stands at its head"), document.line)
    made.function("build", root.value, cost(body))
    when = "None"
    if (entry := document.get("$if")) is not None:
        when = made.function("when", one(f"bool({translator.hole(entry.value, scope, '$if').source})", entry.line), 1)
    template = (
        f"Template({each!r}, {when}, identity_{number}, {_wave(translator, document, scope, made, wave)}, "
        f"{_presence(translator, document, scope, made)}, build_{number}, {ascii(_lists(document))}, "
        f"{ascii(file)}, {document.line}, {ascii(controls)}),"
    )
    shared = translator.sharing.take() if translator.sharing else []
    return Functions((*shared, *made.lines), template)


class _Made:
    """Collects the functions of one document."""

    def __init__(self, translator: Translator, each: str, number: int, layer: str, file: str) -> None:
        self.metered = translator.metered
        self.parameters = "platform, _" if each == "platform" else f"{each}, platform"
        self.number = number
        self.failure = f"raise _failed(_error, {ascii(layer)}, {ascii(file)}, _LINES) from None"
        self.lines: list[Line] = []

    def function(self, name: str, value: Piece, units: int) -> str:
        """A function that returns the value; whatever fails in it is told with the template's line."""
        name = f"{name}_{self.number}"
        self.lines += [Line(f"def {name}({self.parameters}):", 0), Line(" try:", 0)]
        if self.metered:
            self.lines.append(Line(f"  _begin({units})", value.lines[0].origin))
        self.lines += [line._replace(text="  " + line.text) for line in value.around("return ", "").lines]
        self.lines += [Line(" except Exception as _error:", 0), Line(f"  {self.failure}", 0)]
        return name


def _each(document: Mapping) -> str:
    entry = document.get("$for")
    if entry is None:
        known = ", ".join(SCOPES)
        raise Located(TemplateError(f"a document begins with $for: what it is made for; one of {known}"), document.line)
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if not isinstance(value, str) or value not in SCOPES:
        close = types.nearest(str(value), SCOPES) or None
        raise Located(
            TemplateError(f"$for of a document is one of {', '.join(SCOPES)}", current=str(value), proposed=close),
            entry.line,
        )
    return value


def _identity(translator: Translator, body: Mapping, scope: dict[str, Any]) -> Piece:
    metadata = body.get("metadata")
    if metadata is None or not isinstance(metadata.value, Mapping):
        raise Located(TemplateError("a document needs metadata, written as a mapping"), body.line)
    inner = metadata.value
    lines: list[Line] = [Line("_Identity(", body.line)]
    for owner, key, needed in (
        (body, "apiVersion", True),
        (body, "kind", True),
        (inner, "namespace", False),
        (inner, "name", True),
    ):
        entry = owner.get(key)
        if entry is None:
            if needed:
                raise Located(TemplateError(f"a document needs {key}"), owner.line)
            lines.append(Line(" '',", owner.line))
            continue
        if not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str) or not entry.value.value:
            raise Located(TemplateError(f"{key} is text here, with or without ${{...}}"), entry.line)
        typed = translator.text(entry.value.value, scope, entry.line)
        if typed.type is not Any and not types.all_of(types.present(typed.type), str):
            raise Located(TemplateError(f"{key} is text: this is {types.describe(typed.type)}"), entry.line)
        lines.append(Line(f" {typed.source if typed.type is str else f'_text({typed.source})'},", entry.line))
    return Piece((*lines, Line(")", body.line)))


def _wave(translator: Translator, document: Mapping, scope: dict[str, Any], made: _Made, default: int) -> str:
    entry = document.get("$wave")
    if entry is None:
        return str(default)
    if isinstance(entry.value, Scalar) and type(entry.value.value) is int:
        return str(entry.value.value)
    typed = translator.hole(entry.value, scope, "$wave")
    if typed.type is not Any and not types.all_of(types.present(typed.type), int):
        raise Located(TemplateError(f"$wave is a whole number: this is {types.describe(typed.type)}"), entry.line)
    source = typed.source if typed.type is int else f"_number({typed.source})"
    return made.function("wave", one(source, entry.line), 1)


def _presence(translator: Translator, document: Mapping, scope: dict[str, Any], made: _Made) -> str:
    entry = document.get("$presence")
    if entry is None:
        return "_defined"
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if isinstance(value, str) and "${" not in value and value not in PRESENCES:
        close = types.nearest(value, PRESENCES) or None
        raise Located(
            TemplateError(f"$presence is one of {', '.join(PRESENCES)}", current=value, proposed=close), entry.line
        )
    if isinstance(value, str) and "${" not in value:
        return made.function("presence", one(ascii(value), entry.line), 1)
    typed = translator.hole(entry.value, scope, "$presence")
    return made.function("presence", one(f"_presence({typed.source})", entry.line), 1)


def _lists(document: Mapping) -> dict[str, tuple[str, ...]]:
    entry = document.get("$lists")
    if entry is None:
        return {}
    if not isinstance(entry.value, Mapping):
        raise Located(
            TemplateError("$lists is a mapping: path of a list -> keys that tell its items apart"), entry.line
        )
    found = {}
    for path in entry.value.entries:
        keys = _texts(path.value)
        try:
            parse_path(path.key)
        except ValueError:
            keys = None
        if not keys:
            raise Located(
                TemplateError("$lists: a path and the keys of its items, as in spec.tools: [name]"), path.line
            )
        found[path.key] = keys
    return found


def _texts(node: Node) -> tuple[str, ...] | None:
    if not isinstance(node, Sequence):
        return None
    values = tuple(item.value for item in node.items if isinstance(item, Scalar) and isinstance(item.value, str))
    return values if len(values) == len(node.items) else None
