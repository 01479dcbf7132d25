"""A node of a template as Python source: dict and list literals and comprehensions, nothing that is called by scalar.

Structural keys are those that begin with `$`. What a mapping with `$if` yields may be left out, so every node is
translated to a value and the condition on which it is there.
"""

from kgen.expand import type_check as types
from kgen.expand.grammar import TemplateError
from kgen.expand.loops import clauses
from kgen.expand.scalars import Names, Scalars
from kgen.expand.sharing import Sharing, is_constant
from kgen.expand.source_lines import Piece, block, one
from kgen.expand.tree import Entry, Located, Mapping, Node, Scalar, Sequence
from kgen.records import Any, NamedTuple

INSIDE = ("$for", "$if", "$value", "$merge", "$yaml", "$json", "$file")
_WHOLE = ("$value", "$yaml", "$json", "$file")  # the mapping that holds one of them holds no fields


class Part(NamedTuple):
    """A value and the condition (Python source) on which it is there; None: always."""

    value: Piece
    condition: str | None


class Translator(Scalars):
    """Translates the nodes of one layer, whose files `$file` may name. module.HELPERS has the helpers it uses."""

    def __init__(self, files: dict[str, bytes], *, metered: bool = False, traced: bool = False) -> None:
        super().__init__(metered)
        self.files = files
        self.traced = traced
        # a user's layer is metered at each of its values, and a trace tells the line of each
        self.sharing = None if metered or traced else Sharing()

    def value(self, node: Node, names: Names) -> Part:
        """A node in a place where it gives one value or none."""
        if isinstance(node, Scalar):
            return Part(self._at(self._scalar(node, names), node.line), None)
        if isinstance(node, Sequence):
            return Part(self._at(self._sequence(node, names), node.line), None)
        self._check_keys(node)
        loop = node.get("$for")
        if loop is not None:
            return Part(self._at(self._mapping_loop(node, loop, names), node.line), None)
        inner = self._content(node, names)
        return Part(inner.value, _both(self._condition(node, names), inner.condition))

    def _scalar(self, node: Scalar, names: Names) -> Piece:
        if not isinstance(node.value, str):
            return one(ascii(node.value), node.line)
        typed = self.text(node.value, names, node.line)
        if node.value.count("${") == 0:
            return one(typed.source, node.line)
        return one(self.native(typed, node.line), node.line)

    def _sequence(self, node: Sequence, names: Names) -> Piece:
        loops = [item.get("$for") if isinstance(item, Mapping) else None for item in node.items]
        if len(loops) == 1 and loops[0] is not None:
            return self._item_loop(node.items[0], loops[0], names)
        inner = []
        for item, loop in zip(node.items, loops, strict=True):
            if loop is not None:
                inner.append(self._item_loop(item, loop, names).around("*", ","))
                continue
            part = self.value(item, names)
            if part.condition is None:
                inner.append(part.value.around("", ","))
            else:
                inner.append(part.value.around("*([", f"] if {part.condition} else []),"))
        return block("[", inner, "]", node.line)

    def _item_loop(self, node: Node, loop: Entry, names: Names) -> Piece:
        assert isinstance(node, Mapping)
        self._check_keys(node)
        sources, inside = clauses(self, loop, names, cost(node))
        condition = self._condition(node, inside)
        content = self._content(node, inside)
        if self.sharing and content.condition is None and not any(entry.key in _WHOLE for entry in node.entries):
            content = content._replace(value=self.sharing.turn(content.value, names, inside))
        return self._comprehension(content.value, sources, _both(condition, content.condition), node, loop)

    def _comprehension(
        self, value: Piece, sources: list[str], condition: str | None, node: Mapping, loop: Entry
    ) -> Piece:
        asked = node.get("$if")
        tail = [one(source, loop.line) for source in sources]
        if condition is not None:
            tail.append(one(f"if {condition}", asked.line if asked else node.line))
        return block("[", [value, *tail], "]", node.line)

    def _mapping_loop(self, node: Mapping, loop: Entry, names: Names) -> Piece:
        sources, inside = clauses(self, loop, names, cost(node))
        if whole := next((entry for entry in node.entries if entry.key in _WHOLE), None):
            raise Located(
                TemplateError(f"$for with {whole.key} makes a list: write it as an item, after a dash (- $for: ...)"),
                loop.line,
            )
        fields = _fields(node)
        if all("${" not in entry.key and entry.key != "$merge" for entry in fields):
            raise Located(
                TemplateError(
                    "$for in a mapping needs a key with ${...}, else every turn writes the same key;"
                    " for a list write - $for"
                ),
                loop.line,
            )
        condition = self._condition(node, inside)
        turn = self._pairs(fields, inside, node.line).around("for _pair in ", "")
        tail = [one(source, loop.line) for source in sources]
        if condition is not None:
            tail.append(one(f"if {condition}", loop.line))
        return block("_entries([", [one("_pair", node.line), *tail, turn], "])", node.line)

    def _content(self, node: Mapping, names: Names) -> Part:
        """A mapping's value without its `$for` and `$if`."""
        whole = next((entry for entry in node.entries if entry.key in _WHOLE), None)
        if whole is None:
            return Part(self._at(self._mapping(_fields(node), names, node.line), node.line), None)
        if others := [entry for entry in _fields(node) if entry is not whole]:
            raise Located(
                TemplateError(
                    f"{whole.key} is the whole value of its mapping: nothing may stand beside it"
                    f" but $if and $for, here stands {others[0].key}"
                ),
                others[0].line,
            )
        if whole.key == "$file":
            return Part(self._at(one(self._file(whole.value), whole.line), whole.line), None)
        inner = self.value(whole.value, names)
        if whole.key == "$value":
            return inner
        text = inner.value.around("_bare(", ")") if self.traced else inner.value
        text = text.around("_yaml_text(" if whole.key == "$yaml" else "_json_text(", ")")
        if self.metered:
            text = text.around("_weigh(", ")")
        return Part(self._at(text, whole.line), inner.condition)

    def _file(self, node: Node) -> str:
        name = node.value if isinstance(node, Scalar) else None
        if not isinstance(name, str) or name not in self.files:
            there = ", ".join(sorted(self.files))
            close = types.nearest(name, self.files) if isinstance(name, str) else ""
            raise Located(
                TemplateError(
                    f"$file names a file of the layer's own folder: {name!r} is none; there are {there}",
                    current=str(name),
                    proposed=close or None,
                ),
                node.line,
            )
        try:
            return ascii(self.files[name].decode())
        except UnicodeDecodeError:
            raise Located(TemplateError(f"$file: {name} is not UTF-8 text"), node.line) from None

    def _mapping(self, entries: list[Entry], names: Names, line: int) -> Piece:
        if any("${" in entry.key for entry in entries):
            return self._pairs(entries, names, line).around("_entries(", ")")
        if self.sharing and [entry.key for entry in entries] == ["$merge"] and isinstance(entries[0].value, Scalar):
            return self._merged(entries[0].value, names, (), set())[0]  # the mapping itself, which nobody changes
        inner: list[Piece] = []
        fixed = {entry.key for entry in entries}
        # A literal wins over what stands before it by itself; one that may be left out is to stay out.
        winning = [entry.key for entry in entries if _may_be_left_out(entry.value)]
        for entry in entries:
            if entry.key == "$merge":
                pieces = self._merged(entry.value, names, tuple(dict.fromkeys(winning)), fixed)
                inner += [piece.around("**", ",") for piece in pieces]
                continue
            winning.append(entry.key)
            part = self.value(entry.value, names)
            if self.sharing and isinstance(entry.value, Mapping) and is_constant(entry.value):
                part = part._replace(value=self.sharing.constant(part.value))
            pair = part.value.around(f"{ascii(entry.key)}: ", ",")
            if part.condition is not None:
                pair = part.value.around(f"**({{{ascii(entry.key)}: ", f"}} if {part.condition} else {{}}),")
            inner.append(pair)
        return block("{", inner, "}", line)

    def _pairs(self, entries: list[Entry], names: Names, line: int) -> Piece:
        """The same as a list of pairs, where keys are expressions: twice the same key is told, not lost."""
        inner: list[Piece] = []
        fixed = {entry.key for entry in entries if "${" not in entry.key}
        for entry in entries:
            if entry.key == "$merge":
                for piece in self._merged(entry.value, names, tuple(sorted(fixed - {"$merge"})), fixed):
                    inner.append(piece.around("*(", ").items(),"))
                continue
            key = self._key(entry, names)
            part = self.value(entry.value, names)
            if part.condition is None:
                inner.append(part.value.around(f"({key}, ", "),"))
            else:
                inner.append(part.value.around(f"*([({key}, ", f")] if {part.condition} else []),"))
        return block("[", inner, "]", line)

    def _key(self, entry: Entry, names: Names) -> str:
        typed = self.text(entry.key, names, entry.line)
        if typed.type is not Any and not types.all_of(types.present(typed.type), str):
            raise Located(
                TemplateError(f"{types.describe(typed.type)} is no key: use the filter text to make text of a number"),
                entry.line,
            )
        source = typed.source if typed.type is str else f"_key({typed.source})"
        return f"_weigh({source})" if self.metered else source

    def _merged(self, node: Node, names: Names, winning: tuple[str, ...], fixed: set[str]) -> list[Piece]:
        """What `$merge` puts in: one mapping or several. Fields that the template names are not taken from it."""
        pieces = []
        for item in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(item, Mapping):
                part = self.value(item, names)
                if twice := [entry for entry in _fields(item) if entry.key in fixed - {"$merge"}]:
                    raise Located(TemplateError(f"{twice[0].key} is written beside $merge already"), twice[0].line)
                piece = part.value.around("_fields(", ")") if self.traced else part.value
                if part.condition is not None:
                    piece = piece.around("(", f" if {part.condition} else {{}})")
                plain = all("${" not in entry.key and entry.key[0] != "$" for entry in _fields(item))
            else:
                typed = self.hole(item, names, "$merge")
                kinds = types.alternatives(types.present(typed.type))
                if any(not (kind is Any or types.is_mapping(kind)) for kind in kinds):
                    raise Located(
                        TemplateError(f"$merge takes a mapping: this is {types.describe(typed.type)}"), item.line
                    )
                source = typed.source if types.is_mapping(typed.type) else f"_mapping({typed.source})"
                source = f"_weigh({source})" if self.metered else source
                piece, plain = one(source, item.line), False
                if self.traced:
                    piece = piece.around(f"_spread({item.line}, ", ")")
            if winning and not plain:
                piece = piece.around("_without(", f", {ascii(winning)})")
            pieces.append(piece)
        return pieces

    def _condition(self, node: Mapping, names: Names) -> str | None:
        entry = node.get("$if")
        return None if entry is None else self.hole(entry.value, names, "$if").source

    def _check_keys(self, node: Mapping) -> None:
        for entry in node.entries:
            literal = not entry.key.startswith("$") or entry.key.lstrip("$").startswith("{")
            if not literal and entry.key not in INSIDE:
                close = types.nearest(entry.key, INSIDE)
                known = ", ".join(INSIDE)
                raise Located(
                    TemplateError(
                        f"{entry.key} is no structural key here: there are {known}"
                        f'; a field of that name is written ${{"{entry.key}"}}',
                        current=entry.key,
                        proposed=close or None,
                    ),
                    entry.line,
                )

    def _at(self, piece: Piece, line: int) -> Piece:
        return piece.around(f"_at({line}, ", ")") if self.traced else piece


def _fields(node: Mapping) -> list[Entry]:
    return [entry for entry in node.entries if entry.key not in ("$for", "$if")]


def _may_be_left_out(node: Node) -> bool:
    if not isinstance(node, Mapping):
        return False
    whole = next((entry for entry in node.entries if entry.key in _WHOLE), None)
    return node.get("$if") is not None or (whole is not None and _may_be_left_out(whole.value))


def _both(first: str | None, second: str | None) -> str | None:
    if first is None or second is None:
        return first or second
    return f"({first}) and ({second})"


def cost(node: Node) -> int:
    """Values that a node's literals amount to, for the meter."""
    if isinstance(node, Scalar):
        return 1 + (len(node.value) >> 6 if isinstance(node.value, str) else 0)
    inner = node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries]
    return 1 + sum(cost(one) for one in inner)
