"""The reference of the three kinds as markdown, from their schemas: docs/reference/api.md. Never on the render path."""

from collections.abc import Iterator
from typing import Any

from kgen import kinds
from kgen.kinds import availability, patterns, wording

Schema = dict[str, Any]
Path = tuple[str, ...]

HEAD = """<!-- Made by scripts/api_reference.py from the models in kgen/kinds; do not edit. -->
# The kinds
Everything that can be written in an AgentLink, an AgentGrant and a Platform, of group `kgen.dev/v1alpha1`. Unknown
fields are errors. None of the kinds is installed in a cluster: they live in git only.

A field without a default is absent unless you write it, or **required**. An agent is written `namespace/name`, or
`name` alone inside the document's own namespace. Where two JSON types are possible (text or mapping, one or a list),
the type you write decides.

An overlay is a fragment of a Platform: nothing in it is required, and it is merged over what came before by RFC 7386:
mappings merge, lists replace, `null` removes. Order: profile, Platform, overlays as they are named, parameters.
Defaults are filled in last, each as a whole: a selector that you write replaces the default one.

For help in an editor, begin a file with one of
`# yaml-language-server: $schema=PATH/schemas/kgen.json` (any of the kinds) and
`# yaml-language-server: $schema=PATH/schemas/overlay.json` (an overlay's platform.yaml).
What the words under *takes* mean stands [at the end](#forms-of-text).
"""


WORDS: dict[Any, str] = {
    form.pattern: name.lower().replace("_", " ")
    for name, form in vars(patterns).items()
    if name.isupper() and isinstance(form, patterns.Form)
}


def markdown() -> str:
    """The whole page."""
    sections = (section for kind in kinds.KINDS for section in _sections(kind))
    return HEAD + "".join(sections) + _forms()


def _forms() -> str:
    lines = ["", "## Forms of text", "", "| form | expected | at most | for example |", "|---|---|---|---|"]
    for pattern, form in sorted(patterns.FORMS.items(), key=lambda item: WORDS[item[0]]):
        lines.append(f"| {WORDS[pattern]} | {_cell(form.expected)} | {form.longest} | `{form.example}` |")
    return "\n".join(lines) + "\n"


def _sections(kind: str) -> Iterator[str]:
    """The kind itself, then every mapping below it where it is first met."""
    root = kinds.schema(kind)
    first: dict[str, Path] = {}
    for path, name in _mappings(root, root, ()):
        first.setdefault(name, path)
    yield f"\n## {kind}\n{root['description']}\n{_table(root, root, kind, (), first)}"
    for name, path in first.items():
        definition = root["$defs"][name]
        table = _table(root, definition, kind, path, first)
        yield f"\n### {kind}: {_place(path)}\n{definition['description']}\n{table}"


def _mappings(root: Schema, schema: Schema, path: Path) -> Iterator[tuple[Path, str]]:
    """Every mapping with fields of its own, with the path at which it stands."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield path, name
        schema = root["$defs"][name]
    for name, field in schema.get("properties", {}).items():
        yield from _mappings(root, field, (*path, name))
    for branch in schema.get("anyOf", ()):
        yield from _mappings(root, branch, path)
    if "items" in schema:
        yield from _mappings(root, schema["items"], (*path, "[]"))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _mappings(root, schema["additionalProperties"], (*path, "*"))


def _table(root: Schema, schema: Schema, kind: str, path: Path, first: dict[str, Path]) -> str:
    lines = ["", "| field | takes | default | what it says |", "|---|---|---|---|"]
    for name, field in schema["properties"].items():
        default = "**required**" if name in schema.get("required", ()) else _default(field)
        text = field["description"] + _example(field) + _needs(kind, (*path, name))
        lines.append(f"| `{name}` | {_cell(_takes(field, (*path, name), first))} | {_cell(default)} | {_cell(text)} |")
    return "\n".join(lines) + "\n"


def _takes(field: Schema, path: Path, first: dict[str, Path]) -> str:
    if "anyOf" in field:
        return ", or ".join(_takes(branch, path, first) for branch in field["anyOf"])
    if "$ref" in field:
        place = first[field["$ref"].removeprefix("#/$defs/")]
        return "mapping" if place == path else f"mapping like {_place(place)}"
    if "const" in field or "enum" in field:
        return ", ".join(f"`{choice}`" if choice else '`""`' for choice in field.get("enum") or [field["const"]])
    if field.get("pattern") in WORDS:
        return WORDS[field["pattern"]]
    if field["type"] == "array":
        least, most = field.get("minItems", 0), field.get("maxItems")
        counts = f" of {least} to {most}" if least and most else f" of at most {most}" if most else ""
        counts = ", not empty" if least and not most else counts
        return f"list{counts}: {_takes(field['items'], (*path, '[]'), first)}"
    if field["type"] == "object":
        if field.get("additionalProperties") is True:
            return "mapping, passed on as it is"
        name = WORDS.get(field.get("propertyNames", {}).get("pattern"), "text")
        return f"mapping, {name}: {_takes(field['additionalProperties'], (*path, '*'), first)}"
    return wording.expected({}, field)


def _default(field: Schema) -> str:
    if "default" not in field:
        return ""
    if field["default"] == {} and "$ref" in field:
        return "its own defaults"
    return f"`{wording.flow(field['default'])}`"


def _example(field: Schema) -> str:
    return f" For example `{wording.flow(field['examples'][0])}`." if field.get("examples") else ""


def _needs(kind: str, path: Path) -> str:
    """Layers without which the field, or one of its values, is refused."""
    notes = []
    for gate in availability.GATES[kind]:
        if gate.path == path:
            values = " or ".join(f"`{value}`" for value in gate.values)
            noun = "" if gate.needs[0] not in availability.LAYERS else "layers " if gate.needs[1:] else "layer "
            notes.append(f" {values or 'It'} needs {noun}{wording.and_all(gate.needs)}.")
    return "".join(notes)


def _place(path: Path) -> str:
    text = ".".join(path).replace(".[]", "[]").replace("*", "NAME")
    return f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
