"""Until when a document holds: `validUntil` of links and grants, inclusive and in UTC."""

from collections.abc import Callable

from kgen.manifests import Document
from kgen.results import WARNING, Result
from kgen.topology.index import about


def expired(document: Document, as_of: Callable[[], str], consequence: str, results: list[Result]) -> bool:
    """Whether its last day is over, with a warning that says what comes of it.

    `as_of` gives the day, YYYY-MM-DD; it is called only where there is a `validUntil` (law 1).
    """
    until = document.manifest["spec"].get("validUntil")
    if until is None:
        return False
    if not _is_day(until):
        message = f"found {until!r}, expected a day of the calendar such as 2027-03-31"
        results.append(about(document, "valid-until", "spec.validUntil", message))
        return False
    if until >= (today := as_of()):
        return False
    message = f"expired on {until} (today is {today}): {consequence}"
    results.append(about(document, "expired", "spec.validUntil", message, WARNING))
    return True


def _is_day(text: str) -> bool:
    """A day that exists. The schema has seen to the form YYYY-MM-DD."""
    year, month, day = (int(part) for part in text.split("-"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]
