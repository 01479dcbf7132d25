"""Generated cases through the whole pipeline, without files in between."""

from collections.abc import Iterable
from functools import cache

import kgen
from kgen import kinds
from kgen.bundle import Bundle, Slice
from kgen.bundle.emit_yaml import emit
from kgen.kinds.availability import BASELINE
from kgen.load import layers
from kgen.load.layers import LayerSource
from kgen.load.platform import resolve
from kgen.manifests import Document, Manifest, Origin
from tests.laws.topologies import Case

LAYERS = frozenset((*BASELINE, "mesh", "admission", "consent"))
Key = tuple[str, str, str, str]  # group, kind, namespace, name


@cache
def sources() -> tuple[LayerSource, ...]:
    return tuple(layers.shipped(name) for name in layers.shipped_names())


def bundle(case: Case, documents: Iterable[Manifest] | None = None, slice: Slice | None = None) -> Bundle:
    """The bundle of a case, or of other documents under its Platform."""
    given = case.documents if documents is None else documents
    read = [_checked(Document(m, Origin("in.yaml", i, 1))) for i, m in enumerate(given)]
    written = Document(case.platform, Origin("platform.yaml", 0, 1))
    platform = Document(resolve(written, [], layers=LAYERS), written.origin)
    return kgen.render(read, platform, layers=sources(), slice=slice, as_of="2026-06-15")


def texts(made: Bundle) -> dict[Key, str]:
    """The objects as they are written, in the bundle's order."""
    return {entry.identity.key: emit(entry.build()) for entry in made.entries}


def stream(made: Bundle) -> str:
    return "---\n".join(texts(made).values())


def manifests(made: Bundle) -> list[Manifest]:
    """Fresh objects."""
    return [entry.build() for entry in made.entries]


def _checked(document: Document) -> Document:
    if not kinds.is_ours(document.manifest):
        return document
    manifest, results = kinds.check(document, LAYERS)
    assert manifest is not None, results
    return Document(manifest, document.origin)
