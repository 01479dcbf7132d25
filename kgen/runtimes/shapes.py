"""Shapes of foreign manifests: what is of another shape than expected reads as absent.

The input is not checked before agents are looked for in it, and a lint says what is wrong with it; here a text
where a list belongs must end in no traceback.
"""

from kgen.records import Any


def mapping(value: Any) -> dict[str, Any]:
    """The mapping, {} for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[dict[str, Any]]:
    """The mappings of a list, [] for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Any) -> set[str]:
    """The texts of a list, none for anything else."""
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()


def labels(value: Any) -> dict[str, str]:
    """The texts of a mapping by key: labels, or a selector of them."""
    return {key: text for key, text in mapping(value).items() if isinstance(text, str)}


def text(value: Any, otherwise: str = "") -> str:
    """The text, `otherwise` for anything else and for the empty one."""
    return value if isinstance(value, str) and value else otherwise


def number(value: Any) -> int:
    """The number, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
