"""Days as text, held against the calendar of the standard library."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from kgen.topology.days import later


@given(st.dates(max_value=date(9990, 1, 1)), st.integers(0, 800))
def test_later_is_what_the_calendar_says(day: date, count: int) -> None:
    assert later(day.isoformat(), count) == (day + timedelta(days=count)).isoformat()


@pytest.mark.parametrize("text", ["2026-02-29", "2026-02-30", "2026-04-31", "1900-02-29", "0000-01-01"])
def test_what_is_no_day_has_no_later_one(text: str) -> None:
    assert later(text, 1) == ""
