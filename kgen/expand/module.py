"""A layer as the source of one Python module: its functions, the Layer, and the template's line for every line."""

from importlib import import_module

from kgen.expand import description
from kgen.expand.documents import functions
from kgen.expand.filters import FILTERS
from kgen.expand.grammar import TemplateError
from kgen.expand.source_lines import Line
from kgen.expand.translate import Translator, cost
from kgen.expand.tree import Located, Mapping, read
from kgen.load.layers import DESCRIPTION, LayerSource
from kgen.records import Any
from kgen.results import Refused, Result

MAX_DOCUMENTS = 200
MAX_VALUES = 40_000  # of all templates of a layer, and their bytes: what costs a second or two to translate
MAX_BYTES = 256 << 10

HELPERS: dict[str, tuple[str, str]] = {
    **{
        f"_{name}": ("kgen.expand.values", name)
        for name in (
            "each", "entries", "failed", "json_text", "key", "mapping", "number", "plain", "presence", "text",
            "without", "yaml_text",
        )
    },
    **{f"_{name}": ("kgen.expand.filters", name) for name in FILTERS if name != "text"},
    "_Identity": ("kgen.manifests", "Identity"),
    "_defined": ("kgen.expand.layer", "defined"),
    "_Once": ("kgen.shared", "Once"),
    "_Shared": ("kgen.shared", "Shared"),
    "Layer": ("kgen.expand.layer", "Layer"),
    "Requirement": ("kgen.expand.layer", "Requirement"),
    "Template": ("kgen.expand.layer", "Template"),
}  # fmt: skip
"""Names that generated source uses -> where they are. No template can write a name that begins with `_`."""


def text(source: LayerSource, *, metered: bool = False, header: int = 0) -> str:
    """The module's source, without imports. `header` is the number of lines that will stand before it.

    Raises Refused with what is wrong in the layer: everything found, one problem a document.
    """
    problems: list[Result] = []
    lines: list[Line] = []
    templates: list[str] = []
    try:
        about = description.read(source)
    except Located as error:
        raise Refused([_result(source, DESCRIPTION, error)]) from None
    size = sum(len(source.files[name]) for name in about.documents)
    if size > MAX_BYTES:
        message = (
            f"templates of {size >> 10} KiB: at most {MAX_BYTES >> 10} are allowed; what is no YAML goes in by $file"
        )
        raise Refused([_result(source, DESCRIPTION, Located(TemplateError(message), 1))])
    translator = Translator(source.files, metered=metered)
    values = 0
    for name in about.documents:
        try:
            documents = read(source.files[name], f"{source.folder}/{name}")
        except Located as error:
            problems.append(_result(source, name, error))
            continue
        except Refused as refused:
            problems += refused.results
            continue
        for position, document in enumerate(documents, 1):
            controls = about.controls.get(f"{name}#{position}", ()) + about.controls.get(name, ())
            values += cost(document)
            try:
                _bounded(len(templates), values, document)
                made = functions(
                    translator, document, len(templates), source.name, f"{source.folder}/{name}", controls, about.wave
                )
            except Located as error:
                problems.append(_result(source, name, error))
                continue
            lines += made.lines
            templates.append(made.template)
    if problems:
        raise Refused(problems)
    head = f"{ascii(about.name)}, {ascii(about.purpose)}, {ascii(about.profile)}, {about.wave}"
    requires = "".join(f"Requirement{ascii(tuple(one))}, " for one in about.requires)
    lines.append(Line(f"LAYER = Layer({head}, ({requires}), (", 0))
    lines += [Line(f" {template}", 0) for template in templates]
    lines.append(Line("))", 0))
    origins = " ".join(["0"] * header + [str(line.origin) for line in lines])
    return "\n".join([*(line.text for line in lines), f"_LINES = {origins!r}", ""])


def _bounded(made: int, values: int, document: Mapping) -> None:
    if made >= MAX_DOCUMENTS:
        raise Located(TemplateError(f"more than {MAX_DOCUMENTS} documents in one layer: make two"), document.line)
    if values > MAX_VALUES:
        raise Located(TemplateError(f"more than {MAX_VALUES} values in one layer: make two"), document.line)


def _result(source: LayerSource, name: str, located: Located) -> Result:
    error = located.error
    return Result(
        f"layer {source.name}: {error.message}",
        rule="template",
        file=f"{source.folder}/{name}",
        line=located.line,
        current=error.current,
        proposed=error.proposed,
    )


def helpers() -> dict[str, Any]:
    """The helpers themselves, for source that is run in memory."""
    return {name: getattr(import_module(module), attribute) for name, (module, attribute) in HELPERS.items()}
