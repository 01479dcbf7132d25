"""What is known about an expression's value before anything runs: the types of the topology, read from its source.

Types are Python's own annotations: str, int, bool, None, a NamedTuple of the topology, tuple[T, ...], list[T],
dict[str, T], Any (a value inside a mapping, known only when it is there), and unions of them.
"""

from collections.abc import Iterable
from functools import cache, reduce
from types import GenericAlias, NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from kgen.expand.grammar import TemplateError
from kgen.records import Any


@cache
def fields(owner: type[Any]) -> dict[str, Any]:
    """Fields and properties of a NamedTuple with their types."""
    found = {name: hint for name, hint in get_type_hints(owner).items() if name in owner._fields}
    for name, member in vars(owner).items():
        if isinstance(member, property) and not name.startswith("_"):
            found[name] = get_type_hints(member.fget)["return"]
    return found


def is_record(kind: Any) -> bool:
    """Whether it is one of the topology's NamedTuples."""
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def union(kinds: Iterable[Any]) -> Any:
    """One type for several; Any takes everything in."""
    flat = list(dict.fromkeys(one for kind in kinds for one in alternatives(kind)))
    return Any if Any in flat or not flat else reduce(lambda a, b: a | b, flat)


def present(kind: Any) -> Any:
    """The type without None."""
    return union([one for one in alternatives(kind) if one is not NoneType] or [NoneType])


def may_be_absent(kind: Any) -> bool:
    return NoneType in alternatives(kind)


def list_of(item: Any) -> Any:
    return GenericAlias(list, (item,))


def is_list(kind: Any) -> bool:
    return get_origin(kind) in (tuple, list)


def is_mapping(kind: Any) -> bool:
    return get_origin(kind) is dict


def item(kind: Any) -> Any:
    """Type of what a list holds, or of a mapping's keys."""
    return get_args(kind)[0]


def is_plain(kind: Any) -> bool:
    """Whether it can stand in a manifest: no record inside it."""
    return all(not is_record(one) and all(is_plain(arg) for arg in get_args(one)) for one in alternatives(kind))


def all_of(kind: Any, *allowed: Any) -> bool:
    """Whether every alternative is one of `allowed`; Any is not."""
    return all(one in allowed for one in alternatives(kind))


def attribute(owner: Any, name: str, source: str) -> Any:
    """Type of a field. None is looked through: that a value is there is the template's to ask, and told at run time."""
    found = []
    for one in alternatives(present(owner)):
        if not is_record(one):
            hint = f': write ["{name}"]' if one is Any or is_mapping(one) else ""
            raise TemplateError(f"{describe(one)} has no fields, .{name} in `{source}`{hint}", current=name)
        known = fields(one)
        if name not in known:
            close = nearest(name, known)
            raise TemplateError(
                f"{describe(one)} has no field {name}, in `{source}`"
                + (f"; did you mean {close}?" if close else f"; it has {', '.join(sorted(known))}"),
                current=name,
                proposed=close or None,
            )
        found.append(known[name])
    return union(found)


def describe(kind: Any) -> str:
    """A type for people."""
    if kind is Any:
        return "a value of unknown shape"
    if is_record(kind):
        return f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}"
    if is_list(kind):
        return f"a list ({describe(item(kind))} each)"
    if is_mapping(kind):
        return "a mapping"
    names = {str: "text", int: "a number", float: "a number", bool: "true or false", NoneType: "nothing"}
    return " or ".join(dict.fromkeys(names.get(one) or describe(one) for one in alternatives(kind)))


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was most likely meant, or ""."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(known), 1, 0.6)), "")
