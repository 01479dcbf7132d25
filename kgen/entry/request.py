"""What a user names (paths, a Platform file, overlays, parameters) as the arguments of `kgen.render`.

Every host comes through here, which is why they all give the same objects.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kgen import kinds
from kgen.load import files, layers, overlays, platform
from kgen.load.layers import LayerSource
from kgen.manifests import Document, Origin, get
from kgen.patch.json_patches import Patch
from kgen.results import ERROR, Refused, Result

ABILITIES: frozenset[str] = frozenset()
"""Abilities of the engine, besides layers, that fields of the kinds may need."""


_NOTHING = files.Input([], [], {})


class Request(NamedTuple):
    """Everything that was read and settled before a topology is built."""

    documents: tuple[Document, ...]  # the input without the Platform; kgen's kinds checked, their defaults filled in
    platform: Document
    layers: tuple[LayerSource, ...]  # all that exist, the user's own included
    patches: tuple[Patch, ...]
    results: tuple[Result, ...]
    sources: dict[str, bytes]  # content by file name, for lines of fields

    @property
    def links(self) -> bool:
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
) -> Request:
    """Reads and checks it all. Raises Refused with the problems of every document.

    `root` is the folder that `spec.bases` is relative to, and stays inside of.
    """
    problems: list[Result] = []
    read = _attempt(lambda: files.read(paths, stdin=stdin), problems, _NOTHING)
    given = _NOTHING
    if platform_file is not None:
        given = _attempt(lambda: files.read([platform_file], stdin=stdin), problems, _NOTHING)
    overlaid = [
        overlay for name in overlay_names if (overlay := _attempt(lambda n=name: overlays.read(n), problems, None))
    ]
    sources = read.sources | given.sources
    for overlay in overlaid:
        sources |= overlay.sources
    try:
        if problems:
            raise Refused([*problems, *read.results, *given.results])
        return settle(
            read.documents,
            given.documents if platform_file is not None else None,
            overlaid,
            parameters,
            results=(*read.results, *given.results),
            sources=sources,
            root=root,
        )
    except Refused as refused:
        raise refused_at_lines(refused, sources) from None


def refused_at_lines(refused: Refused, sources: dict[str, bytes]) -> Refused:
    """The same refusal, each result at the line of the field that it names."""
    from kgen.load.lines import located

    return Refused(located(refused.results, sources))


def settle(
    documents: Sequence[Document],
    given: Sequence[Document] | None,
    overlaid: "Sequence[overlays.Overlay]" = (),
    parameters: Sequence[Document] = (),
    *,
    results: Sequence[Result] = (),
    sources: dict[str, bytes] | None = None,
    root: str = ".",
) -> Request:
    """The same from documents that a host has already. `given` holds the Platform that was named, if one was."""
    found = list(results)
    shipped = [layers.shipped(name) for name in layers.shipped_names()]
    names = frozenset(layer.name for layer in shipped) | ABILITIES
    problems: list[Result] = []
    inside = [document for document in documents if _is_platform(document)]
    chosen = _one_platform(inside, given, problems)
    checked = []
    for document in documents:
        if not kinds.is_ours(document.manifest):
            checked.append(document)
        elif document not in inside:
            value, wrong = kinds.check(document, names)
            found += [result for result in wrong if result.severity != ERROR]
            problems += [result for result in wrong if result.severity == ERROR]
            if value is not None:
                checked.append(Document(value, document.origin))
    patches = [patch for overlay in overlaid for patch in _attempt(lambda o=overlay: overlay_patches(o), problems, [])]
    resolved = _attempt(
        lambda: platform.resolve(
            chosen, [o.platform for o in overlaid if o.platform], parameters, layers=names, notes=found
        ),
        problems,
        None,
    )
    own: list[LayerSource] = []
    if resolved is not None:
        own = _attempt(lambda: layers.own(resolved["spec"]["bases"], root, taken=names), problems, [])
        problems += platform.undeclared_layers(resolved, names | {layer.name for layer in own})
    if problems or resolved is None:
        raise Refused([*problems, *found])
    origin = chosen.origin if chosen else Origin()
    return Request(
        tuple(checked),
        Document(resolved, origin),
        (*shipped, *own),
        tuple(patches),
        tuple(found),
        sources or {},
    )


def overlay_patches(overlay: "overlays.Overlay") -> list[Patch]:
    """The patches of an overlay. Raises Refused."""
    if overlay.patches is None:
        return []
    from kgen.patch import json_patches

    return json_patches.read(overlay.patches, overlay.patches_file)


def _is_platform(document: Document) -> bool:
    return kinds.is_ours(document.manifest) and document.manifest.get("kind") == "Platform"


def _one_platform(
    inside: Sequence[Document], given: Sequence[Document] | None, problems: list[Result]
) -> Document | None:
    """The Platform that was named, else the one among the input."""
    candidates = inside
    if given is not None:
        candidates = [document for document in given if _is_platform(document)]
        if not candidates:
            file = given[0].origin.file if given else ""
            found = ", ".join(sorted({str(document.manifest.get("kind")) for document in given})) or "nothing"
            message = f"--platform names a file without a Platform: found {found}; give a file of kind Platform"
            problems.append(Result(message, ERROR, "platform-file", file=file))
    if len(candidates) > 1:
        places = " and ".join(f"{_name(document)} in {_place(document.origin)}" for document in candidates)
        message = (
            f"found {len(candidates)} Platforms, a run has one: {places}; name the one that counts with --platform"
        )
        origin = candidates[1].origin
        problems.append(Result(message, ERROR, "two-platforms", file=origin.file, index=origin.index, line=origin.line))
    return candidates[0] if candidates else None


def _name(document: Document) -> str:
    return str(get(document.manifest, "metadata", "name", default="(no name)"))


def _place(origin: Origin) -> str:
    return f"{origin.file}:{origin.line}" if origin.line else origin.file or "the input"


def _attempt(call: Callable[[], Any], problems: list[Result], otherwise: Any) -> Any:
    """What the call gives, or `otherwise` with the problems kept, so that all of a run are told together."""
    try:
        return call()
    except Refused as refused:
        problems += refused.results
        return otherwise
