"""Which parts of a template come to the same in many objects: constants, and loops over what the objects share.

They are made once (kgen.shared), by functions and values of their own beside those of the document. The source of
an expression tells by itself what it depends on.
"""

import ast

from kgen.expand import type_check as types
from kgen.expand.source_lines import Line, Piece, one
from kgen.expand.tree import Node, Scalar, Sequence
from kgen.records import Any

Chain = tuple[str, ...]


class Sharing:
    """Collects what one layer's documents share."""

    def __init__(self) -> None:
        self.count = 0
        self.lines: list[Line] = []

    def take(self) -> list[Line]:
        """The lines that have to stand before the document that was translated last."""
        lines, self.lines = self.lines, []
        return lines

    def constant(self, value: Piece) -> Piece:
        """The name of a mapping that is the same in every object."""
        name = self._name()
        self.lines += [Line(f"{name} = _Shared(", 0), *_indented(value), Line(")", 0)]
        return one(name, value.lines[0].origin)

    def turn(self, value: Piece, outside: dict[str, Any], inside: dict[str, Any]) -> Piece:
        """A turn of a loop, a mapping: made once for what decides it, where that is one value of the loop's."""
        found = decides("\n".join(line.text for line in value.lines), inside)
        if found is None or found[0] in outside:
            return value
        name, origin = self._name(), value.lines[0].origin
        self.lines += [Line(f"def {name}_of({found[0]}):", 0), Line(" return (", 0), *_indented(value), Line(" )", 0)]
        self.lines.append(Line(f"{name} = _Once({name}_of)", 0))
        return one(f"{name}({'.'.join(found)}, {found[0]})", origin)

    def _name(self) -> str:
        self.count += 1
        return f"_shared_{self.count}"


def _indented(piece: Piece) -> list[Line]:
    return [line._replace(text="  " + line.text) for line in piece.lines]


def is_constant(node: Node) -> bool:
    """Whether a node is plain values all through, in at least one field."""
    if isinstance(node, Scalar):
        return not isinstance(node.value, str) or "$" not in node.value
    if isinstance(node, Sequence):
        return all(map(is_constant, node.items))
    return bool(node.entries) and all("$" not in entry.key and is_constant(entry.value) for entry in node.entries)


def decides(source: str, names: dict[str, Any]) -> Chain | None:
    """The one record that decides an expression's value, as ("link", "callee"); None where there is none.

    `names` are those that the expression may use, with their types.
    """
    tree = ast.parse(source, mode="eval")
    inner = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    chains = [chain for chain in _chains(tree) if chain[0] in names and chain[0] not in inner]
    if not chains:
        return None
    common = chains[0]
    for chain in chains:
        same = 0
        while same < min(len(common), len(chain)) and common[same] == chain[same]:
            same += 1
        common = common[:same]
    kind = names[common[0]] if common else None
    if not types.is_record(kind):
        return None
    for position, name in enumerate(common[1:], 1):
        kind = types.fields(kind)[name]
        if not types.is_record(kind):
            return common[:position]
    return common


def _chains(node: ast.AST) -> list[Chain]:
    """Each use of a name with the attributes that are taken of it, one after the other."""
    attributes: list[str] = []
    at = node
    while isinstance(at, ast.Attribute):
        attributes.append(at.attr)
        at = at.value
    if isinstance(at, ast.Name):
        return [(at.id, *reversed(attributes))]
    inner = at if attributes else node
    return [chain for child in ast.iter_child_nodes(inner) for chain in _chains(child)]
