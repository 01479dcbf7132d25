"""What compiled templates call while they run: text of values, keys, embedded documents, and where a failure was.

Imported with every compiled layer, so it imports nothing heavy itself.
"""

from collections.abc import Callable, Iterable
from types import TracebackType

from kgen.expand.layer import PRESENCES
from kgen.expand.scopes import SCOPES, who
from kgen.records import Any
from kgen.results import Refused, Result


class Missing(Exception):
    """A value that is absent, or of another shape than needed, where a template uses it."""


def text(value: Any) -> str:
    """A value as part of a text. Raises Missing for what has no text: nothing, a list, a mapping."""
    if isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise Missing(f"{_shape(value)} stands inside a text: guard it with $if, or name a text or number")


def key(value: Any) -> str:
    """A value as a mapping's key."""
    if isinstance(value, str):
        return value
    raise Missing(f"{_shape(value)} stands where a key must be text: use the filter text for a number")


def plain(value: Any) -> Any:
    """A value as a manifest holds it: tuples are lists."""
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def each(value: Any) -> Iterable[Any]:
    """What `$for` goes through, where only the run can tell its shape."""
    if isinstance(value, tuple | list | dict):
        return value
    raise Missing(f"{_shape(value)} stands where $for needs a list or a mapping")


def mapping(value: Any) -> dict[str, Any]:
    """What `$merge` puts in, where only the run can tell its shape; nothing is an empty one."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise Missing(f"{_shape(value)} stands where $merge needs a mapping")


def without(value: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """What `$merge` puts in after keys that the template itself writes: those win."""
    return {k: v for k, v in value.items() if k not in keys}


def entries(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping whose keys are expressions. Two equal keys would lose a value: Missing."""
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]  # add gives None on purpose
        raise Missing(f"the key {twice!r} comes up twice in one mapping")
    return made


def number(value: Any) -> int:
    """A sync wave."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Missing(f"{_shape(value)} stands where $wave needs a whole number")


def presence(value: Any) -> str:
    if value in PRESENCES:
        return str(value)
    raise Missing(f"$presence must be one of {', '.join(PRESENCES)}")


def json_text(value: Any) -> str:
    """A subtree as JSON text, for configuration inside a ConfigMap."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


_emit: Callable[[Any], str] | None = None


def use_emitter(emit: Callable[[Any], str]) -> None:
    """Hands over the function that writes YAML. It belongs to bundle/, which comes after this stage."""
    global _emit
    _emit = emit


def yaml_text(value: Any) -> str:
    """A subtree as YAML text, for configuration inside a ConfigMap."""
    if _emit is None:
        raise RuntimeError("no YAML emitter: call kgen.expand.use_emitter first")
    return _emit(value)


_TEMPLATES = (Missing, AttributeError, KeyError, IndexError, TypeError, ValueError)  # what a template can cause


def failed(error: Exception, layer: str, file: str, lines: str) -> Exception:
    """What to raise for an error inside a compiled function: Refused with the template's line, or a fault as it is.

    `lines` holds, for every line of the generated module from the first on, the line of the template.
    """
    trace = error.__traceback__
    if trace is None or not isinstance(error, _TEMPLATES):
        return error
    line = _template_line(trace, lines)
    outer = trace.tb_frame.f_locals
    name = trace.tb_frame.f_code.co_varnames[0]
    about = name if name in SCOPES else "platform"
    scope = outer.get(about)
    message = f"layer {layer}, for {about} {who(scope)}: {_reason(error)}"
    return Refused([Result(message, rule="template", file=file, line=line)])


def _template_line(trace: TracebackType, lines: str) -> int:
    generated = trace.tb_frame.f_code.co_filename
    at = trace.tb_lineno
    step: TracebackType | None = trace
    while step is not None:
        if step.tb_frame.f_code.co_filename == generated:
            at = step.tb_lineno
        step = step.tb_next
    known = lines.split(" ")
    return int(known[at - 1]) if 0 < at <= len(known) else 0


def _reason(error: Exception) -> str:
    if isinstance(error, AttributeError):
        return f"the value whose field {error.name} is asked for is absent here: guard it with $if"
    if isinstance(error, KeyError):
        return f"the mapping has no key {error.args[0]!r} here: ask with in, or guard it with $if"
    if isinstance(error, IndexError):
        return "the list has fewer items than that: guard it with $if"
    return str(error)


def _shape(value: Any) -> str:
    if value is None:
        return "nothing (an absent value)"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, bool):
        return "true or false"
    return "a list" if isinstance(value, tuple | list) else "a number"
