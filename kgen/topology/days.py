"""Days as text, YYYY-MM-DD, which sort as they are. Arithmetic alone: the date of a run is an input."""

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def later(day: str, count: int) -> str:
    """The day that is so many days after this one; "" where this one is no day of the calendar."""
    year, month, date = (int(part) for part in day.split("-"))
    if not (year and 1 <= month <= 12 and 1 <= date <= _length(year, month)):
        return ""
    date += count
    while date > _length(year, month):
        date -= _length(year, month)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return f"{year:04}-{month:02}-{date:02}"


def _length(year: int, month: int) -> int:
    leaps = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _LENGTHS[month - 1] + leaps
