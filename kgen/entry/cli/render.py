"""Expands links into the manifests that make them so, on stdout or as a tree of files.

Other manifests of the input pass through; those that links need something in are completed.
"""

from collections.abc import Callable, Iterator

from kgen.bundle import Bundle, Entry
from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.entry.request import Request, at_lines
from kgen.manifests import Identity, Manifest
from kgen.records import Any
from kgen.results import Refused


def arguments(parser: Any) -> None:
    """What to render, which part of it, and where to."""
    inputs.arguments(parser)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--namespace", metavar="NS", help="only the objects of one namespace")
    part.add_argument("--cluster-scoped", action="store_true", help="only the objects that are in no namespace")
    parser.add_argument("--only-generated", action="store_true", help="leave out manifests that only pass through")
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="write a tree of files here, take out stale ones, and print a summary"
    )
    parser.add_argument("--force", action="store_true", help="with -o: also replace files that were edited since")
    parser.add_argument("--format", choices=("yaml", "json"), default="yaml", help="yaml (the default) or json")


def run(options: Any) -> Reply:
    """The manifests as one stream, or a summary of what was written."""
    as_of = inputs.date(options)
    request = inputs.read(options)
    try:
        return _render(options, request, as_of)
    except Refused as refused:
        raise at_lines(refused, request.sources) from None


def _render(options: Any, request: Request, as_of: Callable[[], str]) -> Reply:
    from kgen.bundle import Slice
    from kgen.checks.passing import Passing
    from kgen.entry.cli import progress

    part = Slice(options.namespace or "", options.cluster_scoped)
    bundle = inputs.render(request, as_of, part)
    passing = Passing(bundle)
    objects = (
        (entry, manifest)
        for entry, manifest in progress.shown(passing, len(bundle.entries), "rendering")
        if entry.instances or not options.only_generated
    )
    if options.output is not None:
        return Reply(_write(options, bundle, objects), (*request.results, *passing.results))
    else:
        text = _stream(options.format, (manifest for _, manifest in objects))
        from kgen.present import proposals

        aside = proposals.text(bundle.proposals)
    return Reply(text, (*request.results, *passing.results), aside=aside)


def _write(options: Any, bundle: Bundle, objects: Iterator[tuple[Entry, Manifest]]) -> str:
    """Writes the tree; what came of it as text."""
    from kgen.bundle import tree
    from kgen.entry import writer
    from kgen.present import summary

    seen: list[tuple[Identity, str]] = []

    def noted() -> Iterator[tuple[Entry, Manifest]]:
        for entry, manifest in objects:
            seen.append((entry.identity, entry.layer))
            yield entry, manifest

    pieces = tree.pieces(noted(), bundle.proposals, options.format)
    written = writer.write_tree(options.output, pieces, force=options.force)
    created, changed, removed, unchanged = map(len, written)
    files = summary.files(options.output, created, changed, removed, unchanged, len(bundle.proposals))
    return f"{summary.text(bundle.topology, seen)}\n{files}"


def _stream(form: str, manifests: Iterator[Manifest]) -> bytearray:
    pieces: Iterator[str]
    if form == "json":
        from kgen.bundle.emit_json import emit_list

        pieces = iter(emit_list(manifests))
    else:
        from kgen.bundle.emit_yaml import emit_stream

        pieces = iter(emit_stream(manifests))
    whole = bytearray()
    for piece in pieces:
        whole += piece.encode()
    return whole
