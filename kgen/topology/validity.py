"""Until when a document holds: `validUntil` of links and grants, inclusive and in UTC."""

from collections.abc import Callable

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
