"""One checked expression as Python source, with the type of its value.

The source uses only names of the scope, loop variables, operators, and helpers whose names begin with `_`, which
no template can write. In metered code (a user's own layers) each operation whose cost grows with its operands
goes through the meter.
"""

from math import isfinite
from types import NoneType

from jinja2 import nodes

from kgen.expand import type_check as types
from kgen.expand.filters import FILTERS
from kgen.expand.grammar import TemplateError, parse, short
from kgen.records import Any, NamedTuple

_COMPARISONS = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "lteq": "<=",
    "gt": ">",
    "gteq": ">=",
    "in": "in",
    "notin": "not in",
}
_NUMBERS = (int, float)


class Typed(NamedTuple):
    """Python source of an expression, and the type of its value."""

    source: str
    type: Any


class Expressions:
    """Translates the expressions of one template; `names` are the scope and the loop variables in force."""

    def __init__(self, metered: bool) -> None:
        self.metered = metered

    def translate(self, source: str, names: dict[str, Any]) -> Typed:
        """Raises TemplateError for what the language or the types do not allow."""
        return _Translation(source, names, self.metered).of(parse(source))


class _Translation:
    def __init__(self, source: str, names: dict[str, Any], metered: bool) -> None:
        self.text = short(source)
        self.names = names
        self.metered = metered

    def of(self, node: nodes.Node) -> Typed:
        found: Typed = getattr(self, f"_{type(node).__name__.lower()}")(node)
        return found

    def _name(self, node: nodes.Name) -> Typed:
        if node.name not in self.names:
            close = types.nearest(node.name, self.names)
            raise TemplateError(
                f"{node.name} is unknown here, in `{self.text}`: known are {', '.join(sorted(self.names))}",
                current=node.name,
                proposed=close or None,
            )
        return Typed(node.name, self.names[node.name])

    def _const(self, node: nodes.Const) -> Typed:
        if isinstance(node.value, float) and not isfinite(node.value):
            raise TemplateError(f"a number too large, in `{self.text}`")
        return Typed(ascii(node.value), type(node.value))

    def _list(self, node: nodes.List) -> Typed:
        items = [self.of(item) for item in node.items]
        kind = types.union([item.type for item in items]) if items else Any
        return Typed(f"[{', '.join(item.source for item in items)}]", types.list_of(kind))

    def _getattr(self, node: nodes.Getattr) -> Typed:
        owner = self.of(node.node)
        return Typed(f"{owner.source}.{node.attr}", types.attribute(owner.type, node.attr, self.text))

    def _getitem(self, node: nodes.Getitem) -> Typed:
        owner, index = self.of(node.node), self.of(node.arg)
        found = []
        for one in types.alternatives(types.present(owner.type)):
            wanted = str if types.is_mapping(one) else int
            if one is Any:
                found.append(Any)
            elif types.is_record(one) or not (types.is_mapping(one) or types.is_list(one)):
                named = isinstance(node.arg, nodes.Const) and types.is_record(one)
                hint = f": write .{getattr(node.arg, 'value', '')}" if named else ""
                raise TemplateError(f"{types.describe(one)} can not be asked with [ ], in `{self.text}`{hint}")
            elif index.type is not Any and not types.all_of(index.type, wanted):
                raise TemplateError(
                    f"{types.describe(one)} is asked with {types.describe(index.type)}, in `{self.text}`:"
                    f" [ ] takes {types.describe(wanted)} there"
                )
            else:
                found.append(one.__args__[1] if types.is_mapping(one) else types.item(one))
        return Typed(f"{owner.source}[{index.source}]", types.union(found))

    def _compare(self, node: nodes.Compare) -> Typed:
        left = self.of(node.expr)
        source = self._weighed(left)
        for operand in node.ops:
            right = self.of(operand.expr)
            self._comparable(left, operand.op, right)
            source += f" {_COMPARISONS[operand.op]} {self._weighed(right)}"
            left = right
        return Typed(f"({source})", bool)

    def _comparable(self, left: Typed, operator: str, right: Typed) -> None:
        for side in (left, right):
            if not types.is_plain(side.type):
                raise TemplateError(f"{types.describe(side.type)} is compared in `{self.text}`: compare a field of it")
        if operator in ("in", "notin"):
            holders = [types.present(one) for one in types.alternatives(right.type) if one is not NoneType]
            if any(not (one is Any or one is str or types.is_list(one) or types.is_mapping(one)) for one in holders):
                raise TemplateError(f"in needs a list, a mapping or text on its right, in `{self.text}`")
            kind = types.union(str if one in (str, Any) else types.item(one) for one in holders)
            if Any in holders:
                return
        else:
            kind = right.type
        if Any in (left.type, kind):
            return
        mine, other = types.alternatives(left.type), types.alternatives(kind)
        if operator in ("eq", "ne", "in", "notin"):
            same = any(_family(one) == _family(two) for one in mine for two in other)
        else:
            families = {_family(one) for one in (*mine, *other)}
            same = families in ({"text"}, {"number"})
        if not same:
            raise TemplateError(
                f"{types.describe(left.type)} is compared with {types.describe(kind)}, in `{self.text}`"
            )

    def _weighed(self, value: Typed) -> str:
        if not self.metered or types.all_of(value.type, int, bool, float, NoneType):
            return value.source
        return f"_weigh({value.source})"

    def _and(self, node: nodes.And) -> Typed:
        left, right = self.of(node.left), self.of(node.right)
        return Typed(f"({left.source} and {right.source})", types.union([left.type, right.type]))

    def _or(self, node: nodes.Or) -> Typed:
        left, right = self.of(node.left), self.of(node.right)
        kept = [] if left.type is NoneType else [types.present(left.type)]
        return Typed(f"({left.source} or {right.source})", types.union([*kept, right.type]))

    def _not(self, node: nodes.Not) -> Typed:
        return Typed(f"(not {self.of(node.node).source})", bool)

    def _condexpr(self, node: nodes.CondExpr) -> Typed:
        test, then = self.of(node.test), self.of(node.expr1)
        assert node.expr2 is not None  # the grammar asks for it
        other = self.of(node.expr2)
        kind = types.union([then.type, other.type])
        return Typed(f"({then.source} if {test.source} else {other.source})", kind)

    def _add(self, node: nodes.Add) -> Typed:
        left, right = self.of(node.left), self.of(node.right)
        if types.is_list(left.type) and types.is_list(right.type):
            kind = types.list_of(types.union([types.item(left.type), types.item(right.type)]))
            if self.metered:
                return Typed(f"_plus([*{left.source}], [*{right.source}])", kind)
            return Typed(f"[*{left.source}, *{right.source}]", kind)
        both = types.union([left.type, right.type])
        if not (both is Any or both is str or types.all_of(both, *_NUMBERS)):
            raise TemplateError(
                f"{types.describe(left.type)} + {types.describe(right.type)}, in `{self.text}`:"
                " + takes two texts, two numbers or two lists; the filter text makes text of a number"
            )
        if self.metered and both not in _NUMBERS:
            return Typed(f"_plus({left.source}, {right.source})", both)
        return Typed(f"({left.source} + {right.source})", both)

    def _sub(self, node: nodes.Sub) -> Typed:
        left, right = self.of(node.left), self.of(node.right)
        for side in (left, right):
            if side.type is not Any and not types.all_of(side.type, *_NUMBERS):
                raise TemplateError(f"{types.describe(side.type)} in `{self.text}`: - takes numbers only")
        return Typed(f"({left.source} - {right.source})", types.union([left.type, right.type]))

    def _filter(self, node: nodes.Filter) -> Typed:
        if node.name not in FILTERS:
            close = types.nearest(node.name, FILTERS)
            raise TemplateError(
                f"there is no filter {node.name}, in `{self.text}`: there are {', '.join(FILTERS)}",
                current=node.name,
                proposed=close or None,
            )
        known = FILTERS[node.name]
        assert node.node is not None  # the grammar asks for it
        value, arguments = self.of(node.node), [self.of(one) for one in node.args]
        if not _takes(known.takes, value.type):
            raise TemplateError(
                f"filter {node.name} is given {types.describe(value.type)}, in `{self.text}`:"
                f" it takes {_TAKES[known.takes]}"
            )
        given = [one.type for one in arguments]
        if len(given) != len(known.arguments) or any(
            not (kind is Any or types.all_of(kind, wanted)) for kind, wanted in zip(given, known.arguments, strict=True)
        ):
            wanted = ", ".join(types.describe(kind) for kind in known.arguments) or "nothing"
            raise TemplateError(f"filter {node.name} takes {wanted} in its brackets, in `{self.text}`: {known.example}")
        kind = known.gives or types.list_of(types.item(value.type) if types.is_list(value.type) else Any)
        if node.name == "text" and value.type is str:
            return value
        if node.name == "text" and value.type is int:
            return Typed(f"('%s' % ({value.source},))", str)  # an f-string, to Python's compiler
        sources = ", ".join([value.source, *(one.source for one in arguments)])
        if self.metered:
            return Typed(f"_filtered(_{node.name}, {sources})", kind)
        return Typed(f"_{node.name}({sources})", kind)


_TAKES = {
    "list": "a list of text or numbers",
    "sized": "text, a list or a mapping",
    "scalar": "text, a number, or true and false",
    "text": "text",
}


def _takes(what: str, kind: Any) -> bool:
    if kind is Any:
        return True
    if what == "list":
        return types.is_list(kind) and (types.item(kind) is Any or types.all_of(types.item(kind), str, int))
    if what == "sized":
        return kind is str or types.is_list(kind) or types.is_mapping(kind)
    return types.all_of(kind, str, int, float, bool) if what == "scalar" else kind is str


def _family(kind: Any) -> Any:
    if types.is_list(kind):
        return "list"
    if types.is_mapping(kind):
        return "mapping"
    return {str: "text", int: "number", float: "number", bool: "bool", NoneType: "none"}.get(kind, kind)
