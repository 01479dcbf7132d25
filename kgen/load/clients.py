"""Which client called a function, and which of its items are no object of the cluster: told by annotations.

Measured on kustomize 5.4 to 5.8, kubectl 1.27 to 1.36 and kpt 1.0.0-beta.56: kustomize marks what it hands to a
transformer with an id of its own; kpt and `kustomize fn` give the file's path, which kustomize invents, too, once a
function has run, but never without its id.
"""

from collections.abc import Iterable

from kgen.kinds import is_ours
from kgen.manifests import Document, Manifest, Origin, get
from kgen.records import Any

KUSTOMIZE_ID = "kustomize.config.k8s.io/id"
PATH = "internal.config.kubernetes.io/path"
INDEX = "internal.config.kubernetes.io/index"
LOCAL = "config.kubernetes.io/local-config"

_INTERNAL = "internal.config.kubernetes.io/"
_THEIRS = frozenset((KUSTOMIZE_ID, "config.k8s.io/id", "config.kubernetes.io/path", "config.kubernetes.io/index"))
_TOOL_GROUPS = ("kustomize.config.k8s.io/", "kpt.dev/")  # files of tools, never applied to a cluster


def annotations_of(manifest: Manifest) -> dict[str, Any]:
    """The annotations of an object, {} where there are none."""
    found = get(manifest, "metadata", "annotations")
    return found if isinstance(found, dict) else {}


def in_place(items: Iterable[Document]) -> bool:
    """Whether the items are a user's files, so that what a function leaves out is deleted."""
    found = [annotations_of(item.manifest) for item in items]
    return any(PATH in each for each in found) and not any(KUSTOMIZE_ID in each for each in found)


def is_tool(manifest: Manifest) -> bool:
    """Whether an item is a tool's own file, a Kptfile or a kustomization, which may have no name."""
    return str(get(manifest, "apiVersion")).startswith(_TOOL_GROUPS)


def is_aside(manifest: Manifest) -> bool:
    """Whether an item is none of the cluster's objects: a tool's own file, or marked so. kgen's kinds never are."""
    if is_ours(manifest):
        return False
    return is_tool(manifest) or str(annotations_of(manifest).get(LOCAL)) == "true"


def without_invented_file(item: Document) -> Document:
    """A file that kustomize invented helps nobody in a message."""
    return item._replace(origin=Origin()) if KUSTOMIZE_ID in annotations_of(item.manifest) else item


def detached(item: Document) -> tuple[Document, dict[str, Any]]:
    """The object without the client's own annotations, and these: the same object comes of it in every host."""
    annotations = annotations_of(item.manifest)
    theirs = {key: value for key, value in annotations.items() if key.startswith(_INTERNAL) or key in _THEIRS}
    if not theirs:
        return item, theirs
    metadata = dict(item.manifest["metadata"])
    metadata["annotations"] = {key: value for key, value in annotations.items() if key not in theirs}
    if not metadata["annotations"]:
        del metadata["annotations"]
    return item._replace(manifest={**item.manifest, "metadata": metadata}), theirs


def attached(manifest: Manifest, theirs: dict[str, Any]) -> Manifest:
    """The object with the client's annotations again: by them it knows its own."""
    if not theirs:
        return manifest
    metadata = manifest["metadata"]
    return {**manifest, "metadata": {**metadata, "annotations": {**annotations_of(manifest), **theirs}}}


def local(manifest: Manifest) -> Manifest:
    """The object, marked as nothing to apply."""
    metadata = manifest.get("metadata") or {}
    return {**manifest, "metadata": {**metadata, "annotations": {**annotations_of(manifest), LOCAL: "true"}}}


def placed(manifest: Manifest, path: str, index: int) -> Manifest:
    """The object with the file that it is to be written to."""
    metadata = manifest["metadata"]
    annotations = {**annotations_of(manifest), INDEX: str(index), PATH: path}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}
