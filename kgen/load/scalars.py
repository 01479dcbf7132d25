"""What a plain YAML scalar means: the value sigs.k8s.io/yaml gives it, and where kustomize's kyaml differs.

kubectl, the API server and Argo CD read with sigs.k8s.io/yaml (v1.6.0, over go.yaml.in/yaml/v2 resolve.go) and
see JSON in the end; kustomize and kpt read with kyaml (v0.21.0, over go.yaml.in/yaml/v3). tests/load/scalars.json
holds what both say of several hundred scalars, measured with the real programs.
"""

import struct

from kgen.records import Any
from kgen.regexes import ASCII, Regex

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL = ("", "~", "null", "Null", "NULL")
_SAME_IN_KYAML = frozenset(("true", "True", "TRUE", "false", "False", "FALSE", *_NULL))

WORDS: dict[str, Any] = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False), **dict.fromkeys(_NULL)}
"""Plain scalars that are no text although they begin with a letter (or are empty)."""

NUMERIC = frozenset("+-.0123456789")
"""First characters of the other plain scalars that may be no text."""

_NOT_A_NUMBER = frozenset(
    (".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF")
)
_INTEGER = Regex(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)", ASCII)
_SIGNED_BINARY = Regex(r"0b[-+][01]+", ASCII)
_SIGNED_OCTAL = Regex(r"0o[-+][0-7]+", ASCII)
_FLOAT = Regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", ASCII)
_DOTTED = Regex(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?", ASCII)  # Go's own grammar of floats
_TIMESTAMP = Regex(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:([Tt]|[ ]+)([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?)?",
    ASCII,
)
_CANONICAL = Regex(  # what Go prints for a timestamp is what was read
    r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}(?:\.[0-9]{0,8}[1-9])?(?:Z|(?![-+]00:00)[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])",
    ASCII,
)
_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def resolve(text: str) -> Any:
    """The value of a plain scalar. Raises ValueError for infinity and not-a-number, which JSON does not have."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMERIC:
        return text
    if text in _NOT_A_NUMBER:
        raise ValueError(text)
    if text[0] == ".":
        return _float(text.replace("_", ""), text) if _DOTTED.fullmatch(text) else text
    if _is_timestamp(text):
        return text
    plain = text.replace("_", "")
    integer = _integer(plain)
    if integer is not None:
        return integer
    return _float(plain, text) if _FLOAT.fullmatch(plain) else text


def differs(text: str) -> str:
    """How kyaml reads a plain scalar that it reads differently, in words; "" where both agree."""
    if text in WORDS:
        return "" if text in _SAME_IN_KYAML else f'"{text}"'
    if text[0] in NUMERIC:
        if _is_timestamp(text):
            return "" if _CANONICAL.fullmatch(text) else "a timestamp"
        plain = text.replace("_", "")
        if _SIGNED_OCTAL.fullmatch(plain) and -(2**63) <= int(plain[2:], 8) < 2**63:
            return str(int(plain[2:], 8))
    return ""


def key(text: str) -> str:
    """The text that a plain key becomes. Raises ValueError for a key that sigs.k8s.io/yaml refuses."""
    if text in WORDS:
        value = WORDS[text]
        if value is None:
            raise ValueError(text)
        return "true" if value else "false"
    if text[0] not in NUMERIC:
        return text
    try:
        value = resolve(text)
    except ValueError:  # a key may be infinite
        return "-.inf" if text[0] == "-" else text.lstrip("+").lower()
    if isinstance(value, str):
        return value
    plain = text.replace("_", "")
    integer = None if text[0] == "." else _integer(plain)
    if integer is None:
        return _float_key(float(plain))
    if integer >= 2**63:
        raise ValueError(text)
    return str(integer)


def _integer(plain: str) -> int | None:
    """strconv.ParseInt(plain, 0, 64), ParseUint, and the signs that go.yaml.in/yaml lets stand after `0b`."""
    if _INTEGER.fullmatch(plain):
        digits = plain.lstrip("+-").lower()
        if digits.isdigit() and digits[0] != "0":
            if len(digits) > 20:
                return None  # out of range; Python refuses to convert very long ones
            value = int(digits)
        elif digits.startswith("0x"):
            value = int(digits, 16)
        elif digits.startswith("0b"):
            value = int(digits, 2)
        else:
            value = int(digits.replace("o", ""), 8)
        value = -value if plain[0] == "-" else value
        return value if -(2**63) <= value < (2**63 if plain[0] in "+-" else 2**64) else None
    if _SIGNED_BINARY.fullmatch(plain):
        value = int(plain[2:], 2)
        return value if -(2**63) <= value < 2**63 else None
    return None


def _float(plain: str, text: str) -> Any:
    """A float without a fraction is an integer to the API server: JSON has one kind of number."""
    value = float(plain)
    if value in (float("inf"), float("-inf")):
        return text  # strconv.ParseFloat: out of range
    if not value.is_integer():
        return value
    mantissa, _, exponent = repr(value).partition("e")  # Go prints the shortest digits, then zeros
    whole, _, fraction = mantissa.partition(".")
    zeros = int(exponent or 0) - len(fraction)
    integer = int(whole + fraction) * 10**zeros if zeros >= 0 else int(value)
    return integer if zeros < 20 and -(2**63) <= integer < 2**63 else value


def _float_key(value: float) -> str:
    """strconv.FormatFloat(value, 'g', -1, 32), as sigs.k8s.io/yaml writes the keys that are floats."""
    try:
        single = struct.pack("<f", value)
        value = struct.unpack("<f", single)[0]
    except OverflowError:
        return "-.inf" if value < 0 else ".inf"
    digits = next(d for d in (f"{value:.{n}e}" for n in range(17)) if struct.pack("<f", float(d)) == single)
    mantissa, _, exponent = digits.partition("e")
    power = int(exponent)
    if -4 <= power < 6:
        return f"{float(digits):.{max(0, len(mantissa.partition('.')[2]) - power)}f}"
    return f"{mantissa}e{exponent[0]}{abs(power):02d}"


def _is_timestamp(text: str) -> bool:
    """go.yaml.in/yaml parseTimestamp: a date, with an optional time of day; Go's time.Parse checks the ranges."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    year, month, day, mark, hour, minute, second, zone = match.groups()
    if not 1 <= int(month) <= 12 or not 1 <= int(day) <= _MONTHS[int(month) - 1]:
        return False
    if (int(month), int(day)) == (2, 29) and (int(year) % 4 or (int(year) % 100 == 0 and int(year) % 400)):
        return False
    if hour is None:
        return True
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59 or (zone is not None) != (mark in ("T", "t")):
        return False
    return zone in (None, "Z") or (int(zone[1:3]) <= 24 and int(zone[4:]) <= 60)
