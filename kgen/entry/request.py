"""What a user names (paths, a Platform file, overlays, parameters) as the arguments of `kgen.render`.

Every host comes through here, which is why they all give the same objects.
"""

import os
from collections.abc import Callable, Sequence

from kgen import kinds
from kgen.load import files, layers, overlays, platform
from kgen.load.layers import LayerSource
from kgen.manifests import Document, Origin, get
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.results import ERROR, INFO, Refused, Result

if TYPE_CHECKING:
    from kgen.patch.json_patches import Patch

Judge = Callable[[Sequence[Document]], Sequence[Result]]
"""What a host says against the documents that a Platform is merged from, each as it was written."""

ABILITIES: frozenset[str] = frozenset({"consent", "generator"})
"""Abilities of the engine, besides layers, that fields of the kinds may need."""


ROLE = "kgen.dev/role"
VALIDATOR = "validator"


class Request(NamedTuple):
    """Everything that was read and settled before a topology is built."""

    documents: tuple[Document, ...]  # the input without the Platform; kgen's kinds checked, their defaults filled in
    platform: Document
    layers: tuple[LayerSource, ...]  # all that exist, the user's own included
    patches: "tuple[Patch, ...]"
    results: tuple[Result, ...]
    sources: dict[str, bytes]  # content by file name, for lines of fields

    @property
    def expands(self) -> bool:
        """Whether there is anything of kgen's own to expand."""
        spec = self.platform.manifest["spec"]
        return bool(
            spec["links"] or spec["namespaces"] or any(kinds.is_ours(document.manifest) for document in self.documents)
        )


def read_request(
    paths: Sequence[str],
    platform_file: str | None = None,
    overlay_names: Sequence[str] = (),
    parameters: Sequence[Document] = (),
    *,
    stdin: bytes | None = None,
    root: str = ".",
    confined: bool = False,
    built: files.Input | None = None,
    judge: Judge | None = None,
) -> Request:
    """Reads and checks it all. Raises Refused with the problems of every document, at their lines.

    `root` is the folder that `spec.bases` is relative to, and stays inside of. `confined`: nothing else outside it is
    read either, whatever paths, overlays and symbolic links say. `built` stands in the place of what the paths hold.
    """
    problems: list[Result] = []
    limit = root if confined else None
    read = built or _read(paths, stdin, problems, limit)
    given = _read([platform_file], stdin, problems, limit) if platform_file is not None else None
    sources = {**read.sources, **(given.sources if given else {})}
    overlaid: list[overlays.Overlay] = []
    for name in overlay_names:
        try:
            overlaid.append(overlays.read(name, root=limit))
            sources |= overlaid[-1].sources
        except Refused as refused:
            problems += refused.results
    said = [document for document in (given or read).documents if _is_platform(document)]
    said += [overlay.platform for overlay in overlaid if overlay.platform]
    _take_named(read, [*said, *parameters], problems)
    sources |= read.sources
    used = [name for name in overlay_names if name not in overlays.shipped_names()]
    results = _without_used([*read.results, *(given.results if given else ())], used)
    if problems:
        raise Refused([*problems, *results])
    try:
        return settle(
            read.documents,
            given.documents if given else None,
            overlaid,
            parameters,
            results=results,
            sources=sources,
            root=root,
            judge=judge,
        )
    except Refused as refused:
        raise at_lines(refused, sources) from None


def at_lines(refused: Refused, sources: dict[str, bytes]) -> Refused:
    """The same refusal, each result at the line of the field that it names."""
    from kgen.load.lines import located

    return Refused(located(refused.results, sources))


def settle(
    documents: Sequence[Document],
    given: Sequence[Document] | None = None,
    overlaid: Sequence[overlays.Overlay] = (),
    parameters: Sequence[Document] = (),
    *,
    results: Sequence[Result] = (),
    sources: dict[str, bytes] | None = None,
    root: str = ".",
    judge: Judge | None = None,
) -> Request:
    """The same from documents that a host has already. `given` holds the Platform that was named, if one was."""
    found = list(results)
    shipped = [layers.shipped(name) for name in layers.shipped_names()]
    names = frozenset(layer.name for layer in shipped) | ABILITIES
    problems: list[Result] = []
    inside = [document for document in documents if _is_platform(document)]
    chosen = _one_platform(inside, given, problems)
    checked = _checked([document for document in documents if document not in inside], names, found, problems)
    patches: list[Patch] = []
    for overlay in overlaid:
        try:
            patches += overlay_patches(overlay)
        except Refused as refused:
            problems += refused.results
    fragments = [overlay.platform for overlay in overlaid if overlay.platform]
    if judge is not None:
        problems += judge([*([chosen] if chosen else []), *fragments, *parameters])
    own: list[LayerSource] = []
    try:
        resolved = platform.resolve(chosen, fragments, parameters, layers=names, notes=found)
        own = layers.own(resolved["spec"]["bases"], root, taken=names)
        problems += platform.undeclared_layers(resolved, names | {layer.name for layer in own})
    except Refused as refused:
        problems += refused.results
    if problems:
        raise Refused([*problems, *found])
    found = _without_used(found, [layer.folder for layer in own])
    return Request(
        tuple(checked),
        Document(resolved, chosen.origin if chosen else Origin()),
        (*shipped, *own),
        tuple(patches),
        tuple(found),
        sources or {},
    )


def _read(paths: Sequence[str], stdin: bytes | None, problems: list[Result], root: str | None = None) -> files.Input:
    """What can be read, with the problems kept, so that those of all files are told together."""
    try:
        return files.read(paths, stdin=stdin, root=root)
    except Refused as refused:
        problems += refused.results
        return files.Input([], [], {})


def _without_used(results: Sequence[Result], folders: Sequence[str]) -> list[Result]:
    """The results but for the notes that a folder was left out, where it, or something in it, is used as what it is."""
    paths = [os.path.normpath(folder).replace(os.sep, "/") for folder in folders]

    def used(result: Result) -> bool:
        left = result.file if result.severity == INFO and result.rule == "skipped" else None
        return left is not None and any(path == left or path.startswith(f"{left}/") for path in paths)

    return [result for result in results if not used(result)]


def _take_named(read: files.Input, said: Sequence[Document], problems: list[Result]) -> None:
    """Adds the files that a Platform, an overlay or a parameter names, whoever says it last."""
    named = naming(said)
    if named is None:
        return
    from kgen.load import globs

    try:
        found = globs.read(*named, read.sources)
    except Refused as refused:
        problems += refused.results
        return
    read.documents.extend(found.documents)
    read.results.extend(found.results)
    read.sources.update(found.sources)


def naming(said: Sequence[Document]) -> tuple[list[str], str] | None:
    """The patterns of `spec.files` and the folder that they start from, which is that of the file that says so.

    `said` are the Platform and its fragments, in the order in which they are merged.
    """
    for document in reversed(said):
        spec = document.manifest.get("spec")
        if isinstance(spec, dict) and "files" in spec:
            patterns = spec["files"]
            if not patterns or not isinstance(patterns, list):
                return None  # taken back, or refused where kinds are checked
            return [str(pattern) for pattern in patterns], document.origin.file.rpartition("/")[0] or "."
    return None


def _checked(
    documents: Sequence[Document], names: frozenset[str], found: list[Result], problems: list[Result]
) -> list[Document]:
    """The documents, kgen's own with their defaults filled in."""
    checked = []
    for document in documents:
        if not kinds.is_ours(document.manifest):
            checked.append(document)
            continue
        value, results = kinds.check(document, names)
        for result in results:
            (problems if result.severity == ERROR else found).append(result)
        if value is not None:
            checked.append(Document(value, document.origin))
    return checked


def overlay_patches(overlay: overlays.Overlay) -> "list[Patch]":
    """The patches of an overlay. Raises Refused."""
    if overlay.patches is None:
        return []
    from kgen.patch import json_patches

    return json_patches.read(overlay.patches, overlay.patches_file, overlay.lines)


def _is_platform(document: Document) -> bool:
    return kinds.is_ours(document.manifest) and document.manifest.get("kind") == "Platform"


def _one_platform(
    inside: Sequence[Document], given: Sequence[Document] | None, problems: list[Result]
) -> Document | None:
    """The Platform that was named, else the one among the input."""
    candidates = [document for document in inside if not _validates(document)]
    if given is not None:
        candidates = [document for document in given if _is_platform(document)]
        if not candidates:
            file = given[0].origin.file if given else ""
            found = ", ".join(sorted({str(document.manifest.get("kind")) for document in given})) or "nothing"
            message = f"--platform names a file without a Platform: found {found}; give a file of kind Platform"
            problems.append(Result(message, ERROR, "platform-file", file=file))
    if len(candidates) > 1:
        places = " and ".join(f"{_name(document)} in {_place(document.origin)}" for document in candidates)
        message = f"found {len(candidates)} Platforms, a run has one: {places}; name one with --platform"
        origin = candidates[1].origin
        problems.append(Result(message, ERROR, "two-platforms", file=origin.file, index=origin.index, line=origin.line))
    return candidates[0] if candidates else None


def _validates(document: Document) -> bool:
    """Whether a Platform is the configuration of a validator, which says nothing of the environment."""
    return bool(get(document.manifest, "metadata", "annotations", ROLE) == VALIDATOR)


def _name(document: Document) -> str:
    return str(get(document.manifest, "metadata", "name", default="(no name)"))


def _place(origin: Origin) -> str:
    return f"{origin.file}:{origin.line}" if origin.line else origin.file or "the input"
