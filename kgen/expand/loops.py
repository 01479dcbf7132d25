"""`$for: name in expression` inside a template: one clause, or a list of them for a loop within a loop."""

import keyword
import re

from kgen.expand import type_check as types
from kgen.expand.grammar import TemplateError, short
from kgen.expand.scalars import Scalars
from kgen.expand.tree import Entry, Located, Node, Scalar, Sequence
from kgen.records import Any

MAX_CLAUSES = 4
MAX_NAMES = 12  # of loops around one place, and the scope

_CLAUSE = re.compile(r"\s*([A-Za-z_]\w*)\s+in\s+(.+)", re.DOTALL)


def clauses(translator: Scalars, loop: Entry, names: dict[str, Any], cost: int) -> tuple[list[str], dict[str, Any]]:
    """The `for` clauses of a comprehension, and the names known inside; `cost` of one turn is for the meter."""
    written: tuple[Node, ...] = loop.value.items if isinstance(loop.value, Sequence) else (loop.value,)
    if not 0 < len(written) <= MAX_CLAUSES:
        raise Located(TemplateError(f"$for takes 1 to {MAX_CLAUSES} loops"), loop.line)
    sources = []
    inside = dict(names)
    for node in written:
        text = node.value if isinstance(node, Scalar) else None
        match = _CLAUSE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise Located(
                TemplateError("$for takes a name and what to go through: $for: caller in agent.callers"), node.line
            )
        name, source = match.groups()
        _check_name(name, inside, node.line)
        typed = translator.expression(source, inside, node.line)
        kind, through = _items(typed.type, typed.source, short(source), node.line)
        if translator.metered:
            through = f"_loop({typed.source}, {cost})"
        sources.append(f"for {name} in {through}")
        inside[name] = kind
    if len(inside) > MAX_NAMES:
        raise Located(TemplateError(f"loops nested too deeply: more than {MAX_NAMES} names"), loop.line)
    return sources, inside


def _check_name(name: str, known: dict[str, Any], line: int) -> None:
    reason = ""
    if name.startswith("_") or not name.isascii():
        reason = "begins with _ or is not of ASCII letters"
    elif keyword.iskeyword(name) or name in ("true", "false", "none"):
        reason = "is a reserved word"
    elif name in known:
        reason = "is taken already"
    if reason:
        raise Located(TemplateError(f"the name {name} {reason}: choose another for $for", current=name), line)


def _items(kind: Any, source: str, text: str, line: int) -> tuple[Any, str]:
    """Type of the items, and the source that goes through them."""
    options = types.alternatives(types.present(kind))
    for one in options:
        if not (one is Any or types.is_list(one) or types.is_mapping(one)):
            raise Located(
                TemplateError(f"$for goes through a list or a mapping's keys: {text} is {types.describe(kind)}"), line
            )
    item = types.union(Any if one is Any else types.item(one) for one in options)
    sure = len(types.alternatives(kind)) == 1 and kind is not Any
    return item, source if sure else f"_each({source})"
