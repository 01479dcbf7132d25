"""JSON files to plain values, read as JSON: its escapes (surrogate pairs) are not all YAML's."""

import json

from kgen.load.compose import Limits, too_deep
from kgen.load.scalars import resolve
from kgen.records import Any
from kgen.results import Result


class _Twice(ValueError):
    """A key that stands twice in one object."""


def values(data: bytes, file: str, results: list[Result], limits: Limits) -> list[tuple[Any, int]] | None:
    """The objects that stand one after another in a JSON text, with their first lines.

    None where the text is no JSON: a YAML document may begin with { too. What is wrong is added to `results`.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_float=_number, parse_int=_number, parse_constant=_constant, strict=True
    )
    found: list[tuple[Any, int]] = []
    position = 0
    try:
        while True:
            while text[position : position + 1] in (" ", "\t", "\r", "\n"):
                position += 1
            if position == len(text):
                return found
            line = text.count("\n", 0, position) + 1
            value, position = decoder.raw_decode(text, position)
            problem = _problem(value, limits)
            if problem:
                results.append(Result(problem, rule="json", file=file, index=len(found), line=line))
                return found
            found.append((value, line))
    except _Twice as error:
        results.append(Result(str(error), rule="duplicate-key", file=file, index=len(found), line=line))
        return found
    except RecursionError:
        results.append(Result(too_deep(limits), rule="limits", file=file, index=len(found), line=line))
        return found
    except ValueError:
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        name = next(name for i, name in enumerate(names) if name in names[:i])
        raise _Twice(f'the key "{name}" stands twice in one mapping: keep one of them')
    return result


def _number(text: str) -> Any:
    value = resolve(text)
    if isinstance(value, str):
        raise ValueError(text)
    return value


def _constant(text: str) -> Any:
    raise ValueError(text)  # NaN and Infinity are no JSON


def _problem(value: Any, limits: Limits, depth: int = 0) -> str:
    """What a value holds that no Kubernetes object does; "" where all is well."""
    if isinstance(value, str):
        return "" if _encodes(value) else "half of a surrogate pair in a text: write the whole character"
    if not isinstance(value, dict | list):
        return ""
    if depth >= limits.depth:
        return too_deep(limits)
    if isinstance(value, dict) and not all(map(_encodes, value)):
        return "half of a surrogate pair in a key: write the whole character"
    children = value.values() if isinstance(value, dict) else value
    return next(filter(None, (_problem(child, limits, depth + 1) for child in children)), "")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
