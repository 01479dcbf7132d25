"""Until when a document holds: `validUntil` of links and grants, inclusive and in UTC."""

from collections.abc import Callable, Iterable, Iterator

from kgen.manifests import Document
from kgen.results import WARNING, Result
from kgen.topology.days import later
from kgen.topology.index import about


def expired(document: Document, as_of: Callable[[], str], consequence: str, results: list[Result]) -> bool:
    """Whether its last day is over, with a warning that says what comes of it.

    `as_of` gives the day, YYYY-MM-DD; it is called only where there is a `validUntil` (law 1).
    """
    until = document.manifest["spec"].get("validUntil")
    if until is None:
        return False
    if not later(until, 0):
        message = f"found {until!r}, expected a day of the calendar such as 2027-03-31"
        results.append(about(document, "valid-until", "spec.validUntil", message))
        return False
    if until >= (today := as_of()):
        return False
    message = f"expired on {until} (today is {today}): {consequence}"
    results.append(about(document, "expired", "spec.validUntil", message, WARNING))
    return True


_AHEAD = 14
"""Days before the last one from which on it is told."""


def ending(documents: Iterable[Document], as_of: Callable[[], str]) -> Iterator[Result]:
    """A warning for each link and grant that ends within two weeks: rendering it again later changes what is open.

    For whoever checks, not for every render, whose output it does not change. `as_of` is called only where there is a
    `validUntil` (law 1).
    """
    for document in documents:
        kind = document.manifest.get("kind")
        if kind not in _CONSEQUENCES or not document.manifest.get("apiVersion", "").startswith("kgen.dev/"):
            continue
        until = document.manifest["spec"].get("validUntil")
        if until is None or not later(until, 0):
            continue
        today = as_of()
        left = next((days for days in range(_AHEAD + 1) if later(today, days) == until), None)
        if left is not None:
            when = "today" if left == 0 else "in 1 day" if left == 1 else f"in {left} days"
            message = (
                f"{until} is its last day, {when} (today is {today}): after it {_CONSEQUENCES[kind]}; renew it, or "
                "delete it"
            )
            yield about(document, "ending", "spec.validUntil", message, WARNING)


_CONSEQUENCES = {
    "AgentLink": "what it asks for is left out",
    "AgentGrant": "nobody is admitted by it",
}
