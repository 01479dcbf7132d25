"""The items of a ResourceList as they were written, comments and flow style included.

kpt writes into a user's files what a function answers, in the style of the answer. An item that kgen does not change,
or only marks as nothing to apply, goes back letter by letter.
"""

from kgen.load.clients import INDEX, LOCAL, PATH, annotations_of, local
from kgen.load.compose import RESOURCE_LIST, compose, text_of
from kgen.manifests import Document, Manifest, identity_of
from kgen.records import Any
from kgen.results import Refused

INDENT = 2  # columns of an item's first key behind its dash


class Written:
    """Finds the text of an item that is as it came."""

    def __init__(self, data: bytes, items: list[Document]) -> None:
        texts = _texts(data)
        self._found: dict[Any, tuple[Manifest, str, str]] = {}
        if len(texts) == len(items):
            for item, (text, marked) in zip(items, texts, strict=True):
                self._found[_key(item.manifest)] = (item.manifest, text, marked)

    def of(self, manifest: Manifest) -> str:
        """The item's text, indented as an item and ending in a newline; "" where it is new or changed."""
        came, text, marked = self._found.get(_key(manifest), ({}, "", ""))
        if came == manifest:
            return text
        return marked if marked and local(came) == manifest else ""


def _key(manifest: Manifest) -> Any:
    annotations = annotations_of(manifest)
    return (identity_of(manifest), annotations.get(PATH), annotations.get(INDEX))


def _texts(data: bytes) -> list[tuple[str, str]]:
    """Each item's text, and the same marked as local; "" for one that is not written as a block behind its dash."""
    try:
        [(root, _)] = list(compose(text_of(data), "", RESOURCE_LIST))
    except (Refused, ValueError):
        return []
    text = text_of(data).decode()
    items = _child(root, "items")
    return [_of_item(node, text) for node in items.value] if items is not None and items.id == "sequence" else []


def _of_item(node: Any, text: str) -> tuple[str, str]:
    start, end = node.start_mark, node.end_mark.index
    if start.column != INDENT or node.flow_style or text[start.index] in "&!":
        return "", ""
    whole = text[start.index : end].rstrip("\n ") + "\n"
    annotations = _child(_child(node, "metadata"), "annotations")
    if annotations is None or annotations.id != "mapping" or not annotations.value:
        return whole, ""
    first = annotations.value[0][0].start_mark
    between = ", " if annotations.flow_style else "\n" + " " * first.column
    at = first.index - start.index
    return whole, f'{whole[:at]}{LOCAL}: "true"{between}{whole[at:]}'


def _child(node: Any, key: str) -> Any:
    """The value of a key in a mapping node, None where there is none."""
    if getattr(node, "id", "") != "mapping":
        return None
    return next((value for name, value in node.value if name.value == key), None)
