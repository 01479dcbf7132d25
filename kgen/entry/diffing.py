"""Two revisions rendered and compared, each of its own files: what `kgen diff` does, as a value."""

from collections.abc import Callable, Iterator, Sequence

import kgen
from kgen import compare
from kgen.compare import sides
from kgen.compare.differences import Comparison
from kgen.compare.sides import Key, Side
from kgen.entry import revisions
from kgen.entry.request import Request, at_lines, read_request
from kgen.entry.revisions import WORK_TREE, Ends
from kgen.load.git import Repository
from kgen.manifests import Manifest
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.results import ERROR, INFO, WARNING, Refused, Result

if TYPE_CHECKING:
    from kgen.bundle import Bundle


class Asked(NamedTuple):
    """What is compared, and how both sides are rendered."""

    paths: tuple[str, ...]
    platform: str | None
    overlays: tuple[str, ...]
    day: Callable[[], str]


class Rendered(NamedTuple):
    """One side before it is compared."""

    side: Side
    bundle: "Bundle | None"
    request: Request | None
    results: tuple[Result, ...]
    missing: tuple[str, ...] = ()


def diff(repo: Repository, ends: Ends, asked: Asked) -> tuple[Comparison, tuple[Result, ...]]:
    """The comparison, and the warnings of the new side. Raises Refused with the errors of both sides."""
    problems: list[Result] = []
    made: list[Rendered] = []
    for commit, name in ((ends.base, ends.base_name), (ends.head, ends.head_name)):
        try:
            made.append(_rendered(repo, commit, asked))
        except Refused as refused:
            problems += _of_side(refused.results, commit, name)
            made.append(Rendered(sides.NOTHING, None, None, ()))
            told = Result(f"{name} does not render, so there is nothing to compare", rule="side")
            problems.append(told)
    if problems:
        raise Refused(problems)
    base, head = made
    if nowhere := [path for path in base.missing if path in head.missing]:
        words = f"neither {ends.base_name} nor {ends.head_name} has it"
        raise Refused([Result(f"{path}: {words}, and it is no revision", ERROR, "path") for path in nowhere])
    if base.bundle is not None:
        _keep(base)
    if head.bundle is None or head.request is None:
        return compare.compare(base.side, head.side), _told(base, head, ends)
    from kgen.checks.passing import Passing

    passing = Passing(head.bundle)
    _keep(head)

    def objects() -> Iterator[tuple[Key, Manifest]]:
        for entry, manifest in passing:
            yield entry.identity.key, manifest

    try:
        found = compare.compare(base.side, head.side, objects())
    except Refused as refused:
        raise Refused(_of_side(at_lines(refused, head.request.sources).results, ends.head, ends.head_name)) from None
    head = head._replace(results=(*head.results, *passing.results))
    return found, _told(base, head, ends)


def _keep(side: Rendered) -> None:
    from kgen.entry.process import keep

    keep(side)


def _rendered(repo: Repository, commit: str, asked: Asked) -> Rendered:
    """One side. A path that it does not have is no error: then there was nothing yet, or there is nothing any more."""
    also = (*([asked.platform] if asked.platform else []), *asked.overlays)
    with revisions.inside(repo, commit, asked.paths, also) as there:
        paths = [path for path in asked.paths if path not in there.missing]
        if not paths:
            return Rendered(sides.NOTHING, None, None, there.results, there.missing)
        request = read_request(paths, asked.platform, asked.overlays)
    results = (*there.results, *request.results)
    if not request.expands:
        return Rendered(
            sides.of_documents(request.documents, request.platform.manifest), None, request, results, there.missing
        )
    try:
        bundle = kgen.render(
            request.documents, request.platform, layers=request.layers, patches=request.patches, as_of=asked.day
        )
    except Refused as refused:
        raise at_lines(refused, request.sources) from None
    return Rendered(sides.of_bundle(bundle, request.platform.manifest), bundle, request, results, there.missing)


def _of_side(results: Sequence[Result], commit: str, name: str) -> list[Result]:
    """Results as git names files of a revision; those of the work tree as they are."""
    told = [result for result in results if result.severity == ERROR]
    if commit == WORK_TREE:
        return told
    short = commit[:12]
    return [
        result._replace(file=f"{short}:{result.file}")
        if result.file
        else result._replace(message=f"{name} ({short}): {result.message}")
        for result in told
    ]


def _told(base: Rendered, head: Rendered, ends: Ends) -> tuple[Result, ...]:
    """Warnings that the new side has and the old one has not; of the old one only what was not read."""
    known = (*base.results, *(base.bundle.results if base.bundle is not None else ()))
    before = {(result.rule, result.message) for result in known}
    found = [r for r in head.results if r.severity == WARNING and (r.rule, r.message) not in before]
    found += [r for r in base.results if r.severity == WARNING and r.rule in ("submodule", "path", "skipped")]
    for name, side in ((ends.base_name, base), (ends.head_name, head)):
        if side.request is None:
            found.append(Result(f"{name} has none of these paths: everything of the other side counts", INFO, "path"))
    if head.request is None:
        return tuple(found)
    from kgen.entry.cli.inputs import told

    return told(found, head.request)
