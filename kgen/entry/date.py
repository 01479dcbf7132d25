"""The date of a run, for `validUntil`: given, or SOURCE_DATE_EPOCH, else today in UTC. Asked for only when needed."""

from collections.abc import Callable, Mapping

from kgen.results import ERROR, Refused, Result

_DAY = 86_400


def as_of(given: str | None, environment: Mapping[str, str]) -> Callable[[], str]:
    """A function that gives the date as YYYY-MM-DD. Raises Refused for a date that is none, whether asked or not."""
    if given is not None:
        _checked(given)
        return lambda: given
    epoch = environment.get("SOURCE_DATE_EPOCH")
    if epoch:
        if not (epoch.isascii() and epoch.isdigit() and len(epoch) <= 12):
            message = f"SOURCE_DATE_EPOCH is {epoch[:40]!r}, expected seconds since 1970 as digits; correct or unset it"
            raise Refused([Result(message, ERROR, "date")])
        return lambda: _day(int(epoch))
    return _today


def _today() -> str:
    import time

    return _day(int(time.time()))


def _day(seconds: int) -> str:
    from datetime import date

    return (date(1970, 1, 1).fromordinal(date(1970, 1, 1).toordinal() + seconds // _DAY)).isoformat()


def _checked(text: str) -> None:
    from datetime import date

    try:
        valid = len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        valid = False
    if not valid:
        raise Refused([Result(f"--as-of is {text[:40]!r}, expected a date such as 2027-03-31", ERROR, "date")])
