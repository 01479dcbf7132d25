"""What the API server refuses in a selector of labels: an object with such a one is not there, and isolates nobody."""

from collections.abc import Iterator
from functools import lru_cache

from kgen.manifests import Path
from kgen.records import Any
from kgen.regexes import Regex

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
# apimachinery/pkg/util/validation: IsQualifiedName, IsValidLabelValue
_NAME = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KEY = Regex(f"([a-z0-9][-a-z0-9.]{{0,252}}/)?{_NAME}")
_VALUE = Regex(f"({_NAME})?")


def faults(selector: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Where a metav1.LabelSelector is none, and how. Unknown fields are not looked for here."""
    if selector is None:
        return
    if not isinstance(selector, dict):
        yield path, "is no label selector"
        return
    yield from _of_labels(selector.get("matchLabels"), (*path, "matchLabels"))
    given = selector.get("matchExpressions")
    if given is not None and not isinstance(given, list):
        yield (*path, "matchExpressions"), "is no list of requirements"
        return
    for index, one in enumerate(given or ()):
        yield from _of_requirement(one, (*path, "matchExpressions", index))


def _of_labels(given: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if given is None:
        return
    if not isinstance(given, dict):
        yield path, "is no mapping of labels"
        return
    for key, value in given.items():
        if not _is(_KEY, key):
            yield (*path, str(key)), "is no key of a label"
        elif not _is(_VALUE, value):
            yield (*path, str(key)), "has a value that is none of a label (a number or true needs quotes)"


def _of_requirement(one: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if not isinstance(one, dict):
        yield path, "is no requirement"
        return
    operator, values = one.get("operator"), one.get("values")
    if not _is(_KEY, one.get("key")):
        yield (*path, "key"), "is no key of a label"
    if operator not in OPERATORS:
        yield (*path, "operator"), f"is none of {', '.join(OPERATORS)}"
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield (*path, "values"), f"does not go with {operator}"
    elif not isinstance(values, list) or not values:
        yield (*path, "values"), f"has to be a list of at least one value beside {operator}"
    elif not all(_is(_VALUE, value) for value in values):
        yield (*path, "values"), "holds what is no value of a label"


def _is(form: Regex, value: Any) -> bool:
    return isinstance(value, str) and _fits(form, value)


@lru_cache(maxsize=65536)
def _fits(form: Regex, value: str) -> bool:
    """The same few keys and names stand in every policy."""
    return form.fullmatch(value) is not None
