"""Lines of fields, found afterwards."""

import pytest

from kgen.load.positions import line_in, locate
from kgen.load.yaml_read import parse
from kgen.manifests import Origin, Path

TEXT = """\
# first
apiVersion: v1
kind: A
metadata:
  name: x
spec:
  to:
  - a
  - name: b
    ports: [80,
      81]
  on: 1
---
---
{apiVersion: v1, kind: B,
 metadata: {name: "y"}}
"""


@pytest.mark.parametrize(
    ("index", "path", "line"),
    [
        (0, (), 2),
        (0, ("kind",), 3),
        (0, ("metadata", "name"), 5),
        (0, ("spec", "to", 0), 8),
        (0, ("spec", "to", 1), 9),
        (0, ("spec", "to", 1, "ports"), 10),
        (0, ("spec", "to", 1, "ports", 1), 11),
        (0, ("spec", "true"), 12),  # the key as it was read
        (0, ("spec", "missing", "deeper"), 6),
        (0, ("spec", "to", 7), 7),
        (0, ("kind", "x"), 3),
        (2, ("metadata", "name"), 16),
        (9, (), 0),
    ],
)
def test_lines(index: int, path: Path, line: int) -> None:
    assert locate(TEXT.encode(), index, path) == line


def test_marks_count_characters_not_bytes() -> None:
    text = "a: é😀é😀é😀\n---\n# ü\n" + TEXT
    assert locate(text.encode(), 1, ("metadata", "name")) == 8
    assert locate(text.encode("utf-16"), 1, ("metadata", "name")) == 8
    assert locate(b"\xef\xbb\xbf" + text.encode(), 1, ("metadata", "name")) == 8


def test_windows_line_ends() -> None:
    assert locate(TEXT.replace("\n", "\r\n").encode(), 2, ("metadata", "name")) == 16


def test_items_of_a_list_are_told_apart_by_their_line() -> None:
    item = "- apiVersion: v1\n  kind: A\n  metadata:\n    name: x\n"
    nested = "- kind: List\n  items:\n" + "".join("  " + line + "\n" for line in item.splitlines())
    text = "# a List\n---\nkind: List\nitems:\n" + item + item + nested
    documents, _ = parse(text.encode(), "list.yaml")
    lines = [line_in({"list.yaml": text.encode()}, document.origin, ("metadata", "name")) for document in documents]
    assert [document.origin.line for document in documents] == [5, 9, 15]
    assert lines == [8, 12, 18]


def test_the_root_is_never_taken_for_an_item() -> None:
    text = "apiVersion: v1\nkind: A\nmetadata: {name: x}\nitems:\n- {b: 1}\n"
    assert locate(text.encode(), 0, ("metadata",), 1) == 3


def test_json_has_lines_too() -> None:
    text = '{\n  "apiVersion": "v1",\n  "metadata": {\n    "name": "x"\n  }\n}\n'
    assert locate(text.encode(), 0, ("metadata", "name")) == 4


@pytest.mark.parametrize("data", [b"", b"a: [", b"[" * 300])
def test_what_can_not_be_composed_has_no_lines(data: bytes) -> None:
    assert locate(data, 0, ("a",)) == 0


def test_a_broken_document_leaves_the_others_their_lines() -> None:
    assert locate(b"a: 1\nb: 2\n---\nc: [\n", 0, ("b",)) == 2


def test_unknown_files_have_no_lines() -> None:
    assert line_in({}, Origin("a.yaml", 0, 1), ("kind",)) == 0
