"""Plain scalars, held against what sigs.k8s.io/yaml and kyaml really read (scalars.json, measured)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kgen.load.scalars import differs, key, resolve

TABLE: list[dict[str, Any]] = json.loads(Path(__file__).with_name("scalars.json").read_text())
by_scalar = pytest.mark.parametrize("row", TABLE, ids=[row["plain"] or "empty" for row in TABLE])


def as_the_api_server(text: str) -> Any:
    """A JSON text as Kubernetes reads it: numbers are 64-bit integers, else floats."""
    value = json.loads(text)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return float(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**63 else value


def test_the_table_is_large() -> None:
    assert len(TABLE) > 350


@by_scalar
def test_value_is_what_kubectl_reads(row: dict[str, Any]) -> None:
    if row["sigs"] is None:
        with pytest.raises(ValueError, match=f"^{re.escape(row['plain'])}$"):
            resolve(row["plain"])
        return
    value = resolve(row["plain"])
    if isinstance(value, int) and value >= 2**63:
        assert str(value) == row["sigs"]  # exact, where the API server itself rounds
        return
    expected = as_the_api_server(row["sigs"])
    assert (type(value), value) == (type(expected), expected)


@by_scalar
def test_doubt_is_where_kustomize_reads_something_else(row: dict[str, Any]) -> None:
    assert bool(differs(row["plain"])) == (row["sigs"] != row["kyaml"])


@by_scalar
def test_key_is_the_text_that_kubectl_makes_of_it(row: dict[str, Any]) -> None:
    if row["sigsKey"] is None:
        with pytest.raises(ValueError, match=f"^{re.escape(row['plain'])}$"):
            key(row["plain"])
    else:
        assert key(row["plain"]) == row["sigsKey"]


@by_scalar
def test_kustomize_keeps_a_key_as_it_is_written(row: dict[str, Any]) -> None:
    """So that a key is in doubt exactly where kubectl makes another text of it."""
    assert row["kyamlKey"] in (row["plain"], None)


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ("on", '"on"'),
        ("n", '"n"'),
        ("2024-01-01", "a timestamp"),
        ("0o-7", "-7"),
        ("true", ""),
        ("text", ""),
        ("2024-01-01T00:00:00Z", ""),
    ],
)
def test_differs_says_what_kustomize_reads(plain: str, other: str) -> None:
    assert differs(plain) == other


@pytest.mark.parametrize(
    "digits", ["1" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000, "1." + "0" * 5000, "0" * 5000 + "8"]
)
def test_numbers_of_any_length_are_read_or_left_as_text(digits: str) -> None:
    assert isinstance(resolve(digits), int | float | str)
    assert isinstance(key(digits), str)
