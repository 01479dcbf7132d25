"""What neither YAML nor JSON can hold for every reader, and how to say so without showing a value."""

from kgen.manifests import Manifest, Path, identity_of, path_text
from kgen.records import Any
from kgen.results import Refused, Result

SMALLEST, LARGEST = -(2**63), 2**64 - 1  # integers beyond lose digits in every reader written in Go
_DEEPEST = 200


class Unwritable(Exception):
    """A value that can not be written was met; `refusal` finds it."""


def refusal(manifest: Manifest) -> Refused:
    """The error that names the first value of an object that can not be written."""
    identity = identity_of(manifest)
    path, problem = find(manifest) or ((), "can not be written")
    field = path_text(path)
    result = Result(
        f"{field or 'the object'} {problem}",
        rule="unwritable",
        api_version=identity.api_version,
        kind=identity.kind,
        namespace=identity.namespace,
        name=identity.name,
        field=field,
    )
    return Refused([result])


def find(value: Any, path: Path = ()) -> tuple[Path, str] | None:
    """Path of the first value that can not be written, and why; None where all can."""
    if len(path) > _DEEPEST:
        return path[:3], f"is nested deeper than {_DEEPEST} levels: take levels out"
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                return path, f"has a key of the type {type(key).__name__}: a key has to be text, write it in quotes"
            if _halves(key):
                return path, "has a key with half of a surrogate pair, which is no character: write the whole one"
            found = find(item, (*path, key))
            if found:
                return found
        return None
    if isinstance(value, list):
        return next(filter(None, (find(item, (*path, i)) for i, item in enumerate(value))), None)
    if isinstance(value, str):
        problem = "holds half of a surrogate pair, which is no character: write the whole one"
        return (path, problem) if _halves(value) else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        fits = SMALLEST <= value <= LARGEST if isinstance(value, int) else value - value == 0
        return None if fits else (path, "is a number that the API server can not take: write it in quotes")
    return path, f"is of the type {type(value).__name__}, which no manifest holds"


def _halves(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
