"""Where the date of a run comes from."""

import pytest

from kgen.entry.date import as_of
from kgen.results import Refused


def test_the_option_wins_then_the_epoch_then_today() -> None:
    assert as_of("2027-03-31", {"SOURCE_DATE_EPOCH": "0"})() == "2027-03-31"
    assert as_of(None, {"SOURCE_DATE_EPOCH": "1700000000"})() == "2023-11-14"
    assert as_of(None, {"SOURCE_DATE_EPOCH": ""})() == as_of(None, {})() >= "2026-01-01"


@pytest.mark.parametrize("text", ["2027-3-31", "2027-02-30", "20270331", "tomorrow", "", "2027-W01-1"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="expected a date such as 2027-03-31"):
        as_of(text, {})


@pytest.mark.parametrize("epoch", ["soon", "-1", "1.5", "٣"])
def test_what_is_no_epoch_is_refused(epoch: str) -> None:
    with pytest.raises(Refused, match="SOURCE_DATE_EPOCH is .*expected seconds since 1970"):
        as_of(None, {"SOURCE_DATE_EPOCH": epoch})
