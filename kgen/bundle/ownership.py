"""How kgen knows what is its own: labels on the objects it makes, a record on those it merged into."""

from collections.abc import Iterable

from kgen.bundle.order import WAVE
from kgen.manifests import Document, Manifest
from kgen.patch.unmerge import unmerge
from kgen.results import Refused, Result

MANAGED_BY = "app.kubernetes.io/managed-by"
LAYER = "kgen.dev/layer"
NAME = "kgen"
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
NO_DRY_RUN = "SkipDryRunOnMissingResource=true"


def is_output(manifest: Manifest) -> bool:
    """Whether an object was made by an earlier run: it carries both labels."""
    metadata = manifest.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return isinstance(labels, dict) and labels.get(MANAGED_BY) == NAME and LAYER in labels


def release(documents: Iterable[Document]) -> list[Document]:
    """The input without what earlier runs put there: their objects, and their merges into other objects.

    Comes before everything else, so that rendering over one's own output changes nothing and what a
    removed link left behind goes. Raises Refused where an object's record of merges is invalid.
    """
    found: list[Document] = []
    problems: list[Result] = []
    for document in documents:
        if is_output(document.manifest):
            continue
        try:
            before = unmerge(document.manifest)
        except Refused as refused:
            origin = document.origin
            problems += [r._replace(file=origin.file, index=origin.index, line=origin.line) for r in refused.results]
            continue
        found.append(document if before is document.manifest else document._replace(manifest=before))
    if problems:
        raise Refused(problems)
    return found


def stamp(manifest: Manifest, layer: str, wave: int, early: bool = False) -> Manifest:
    """An object of kgen's with its labels, and the sync wave where it is not 0. The argument may be used up.

    `early`: its kind may not be known yet when Argo CD tries the whole sync, and must not stop it.
    """
    metadata = manifest["metadata"]
    labels = {**(metadata.get("labels") or {}), MANAGED_BY: NAME, LAYER: layer}
    stamped = {}
    for key, value in metadata.items():
        if key == "annotations" and "labels" not in metadata:
            stamped["labels"] = labels
        stamped[key] = value
    stamped["labels"] = labels
    if wave:
        stamped["annotations"] = {**(metadata.get("annotations") or {}), WAVE: str(wave)}
    if early:
        annotations = stamped.get("annotations") or {}
        options = [option for option in (annotations.get(SYNC_OPTIONS), NO_DRY_RUN) if option]
        stamped["annotations"] = {**annotations, SYNC_OPTIONS: ",".join(options)}
    manifest["metadata"] = stamped
    return manifest
