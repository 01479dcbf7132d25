"""Selectors say what the API server takes: In and NotIn have values, Exists and DoesNotExist have none.

A schema of JSON can not hold one field against another, and the API server would refuse the whole policy.
"""

from collections.abc import Iterator

from kgen.records import Any
from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about

_WITH_VALUES = ("In", "NotIn")
_VERBATIM = ("define", "plugins")  # hold what upstream's kinds do, and no selector of ours


def check(draft: Draft) -> Iterator[Result]:
    for document in (*draft.inputs.links, draft.platform):
        for field, requirement in _requirements(document.manifest["spec"], "spec"):
            operator, values = requirement["operator"], requirement.get("values")
            if operator in _WITH_VALUES and not values:
                message = f"has no values, and {operator} needs at least one: set values, or use Exists or DoesNotExist"
                yield about(document, "selector", field, message)
            elif operator not in _WITH_VALUES and values:
                message = f"has values, and {operator} takes none: remove them, or use In or NotIn"
                yield about(document, "selector", field, message)


def _requirements(value: Any, field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each requirement of each podSelector below a value, with its path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for step, one in inner:
        if step == "podSelector":
            for position, requirement in enumerate(one.get("matchExpressions") or ()):
                yield f"{field}.podSelector.matchExpressions[{position}]", requirement
        elif isinstance(one, dict | list) and step not in _VERBATIM:
            yield from _requirements(one, f"{field}.{step}" if isinstance(step, str) else f"{field}[{step}]")
