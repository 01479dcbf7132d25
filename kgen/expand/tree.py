"""A template file as nodes with their lines.

kgen.load.yaml_read gives the file's values and the nodes they come from; walked side by side, the nodes say where
each value stands.
"""

from math import isfinite
from typing import Union

import yaml

from kgen.expand.grammar import TemplateError
from kgen.load import yaml_read
from kgen.load.compose import Limits
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, Refused, Result

LIMITS = Limits(size=1 << 20, values=20_000, depth=40, copies=2_000)  # of one file


class Scalar(NamedTuple):
    value: Any  # text, number, true, false or None
    line: int


class Sequence(NamedTuple):
    items: tuple["Node", ...]
    line: int


class Entry(NamedTuple):
    """One key of a mapping with its value."""

    key: str
    line: int
    value: "Node"


class Mapping(NamedTuple):
    entries: tuple[Entry, ...]
    line: int

    def get(self, key: str) -> "Entry | None":
        return next((entry for entry in self.entries if entry.key == key), None)


Node = Union[Scalar, Sequence, Mapping]  # noqa: UP007  # its parts name it in quotes


class Located(Exception):
    """A TemplateError whose line is known."""

    def __init__(self, error: TemplateError, line: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.line = line


def read(content: bytes, file: str) -> list[Mapping]:
    """The documents of a template file, empty ones left out. Raises Refused or Located."""
    found = []
    for value in values(content, file):
        if value.root is None:
            raise Located(TemplateError("a template is written as YAML, not as JSON"), value.line)
        made = _node(value.value, value.root)
        if not isinstance(made, Mapping):
            raise Located(TemplateError("a template is a mapping"), made.line)
        found.append(made)
    return found


def values(content: bytes, file: str) -> list[yaml_read.Value]:
    """The documents of one of a layer's files as plain values, with their nodes. Raises Refused."""
    notes: list[Result] = []
    found = list(yaml_read.values(content, file, notes, strict=True, limits=LIMITS))
    if any(note.severity == ERROR for note in notes):
        raise Refused(notes)
    return found


def _node(value: Any, node: yaml.Node) -> Node:
    line = node.start_mark.line + 1
    if isinstance(value, dict) and isinstance(node, yaml.MappingNode):
        if any(key.value == "<<" and not key.style for key, _ in node.value):
            raise Located(TemplateError("a merge key (<<) is not allowed in a template: use $merge"), line)
        entries = []
        for (key, inner), (key_node, value_node) in zip(value.items(), node.value, strict=True):
            entries.append(Entry(key, key_node.start_mark.line + 1, _node(inner, value_node)))
        return Mapping(tuple(entries), line)
    if isinstance(value, list) and isinstance(node, yaml.SequenceNode):
        items = [_node(one, inner) for one, inner in zip(value, node.value, strict=True)]
        return Sequence(tuple(items), line)
    if isinstance(value, float) and not isfinite(value):
        raise Located(TemplateError("a number that JSON does not have"), line)
    return Scalar(value, line)
