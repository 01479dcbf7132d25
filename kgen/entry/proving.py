"""The proof of what paths hold: of the bundle that links expand to, or of manifests as they are."""

from collections.abc import Callable, Sequence

import kgen
from kgen import kinds
from kgen.bundle import Bundle
from kgen.entry.request import Request, at_lines, read_request
from kgen.manifests import Document, Origin, Path
from kgen.proof import Proof, Source, enforcing, prove
from kgen.proof.enforcing import Enforcing
from kgen.proof.findings import Cause
from kgen.records import Any
from kgen.results import ERROR, Refused

_MOST_LOCATED = 2000  # fields looked up; each composes its document again


def arguments(parser: Any) -> None:
    """What the manifests are held against."""
    parser.add_argument(
        "--links",
        metavar="PATH",
        action="append",
        default=[],
        help="hold the manifests, as they are, against the links here; may be repeated. Without it links among the "
        "manifests are expanded, and where there are none, the Agents' own tool references count as links",
    )


def prove_options(options: Any) -> Proof:
    """The proof that a command's options ask for. Raises Refused."""
    from kgen.entry.cli import inputs

    day = inputs.date(options)
    if options.links:
        return _against(options, day)
    request = inputs.read(options)
    try:
        return at_fields(prove_request(request, day, looks_ahead=True), request.sources)
    except Refused as refused:
        raise at_lines(refused, request.sources) from None


def prove_request(
    request: Request, day: Callable[[], str], expands: bool | None = None, looks_ahead: bool = False
) -> Proof:
    """The proof of what a request comes to. `looks_ahead`: with what Enforce would change, where something observes."""
    if request.expands if expands is None else expands:
        bundle = kgen.render(
            request.documents, request.platform, layers=request.layers, patches=request.patches, as_of=day
        )
        proof = prove_bundle(bundle)
        return proof._replace(enforcing=_enforcing(request, bundle, day)) if looks_ahead else proof
    return kgen.prove(request.documents, platform=request.platform, as_of=day)


def prove_bundle(bundle: Bundle) -> Proof:
    """The proof of a rendered bundle. Each object is built once more."""
    sources = (Source(Document(entry.build(), entry.origin), entry.layer) for entry in bundle.entries)
    return prove(sources, bundle.topology)


def _enforcing(request: Request, bundle: Bundle, day: Callable[[], str]) -> Enforcing | None:
    """What Enforce would change of a bundle: the same input is rendered once more, under Enforce, and proven."""
    spaces = enforcing.observed(bundle.topology)
    if not spaces:
        return None
    spec = request.platform.manifest["spec"]
    under = {name: {**space, "enforcement": "Enforce"} for name, space in spec["namespaces"].items()}
    platform = Document({**request.platform.manifest, "spec": {**spec, "namespaces": under}}, request.platform.origin)
    try:
        then = kgen.render(request.documents, platform, layers=request.layers, patches=request.patches, as_of=day)
    except Refused as refused:
        return Enforcing(spaces, (), "", tuple(one for one in refused.results if one.severity == ERROR))
    proof = prove_bundle(then)
    added, changed = enforcing.compared(
        [(str(entry.identity), entry.build()) for entry in bundle.entries],
        [(str(entry.identity), entry.build()) for entry in then.entries],
    )
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in bundle.entries]
    return Enforcing(
        spaces,
        enforcing.closed(sources, bundle.topology, then.topology),
        proof.verdict,
        tuple(one for one in proof.results if one.severity == ERROR),
        tuple(added),
        tuple(changed),
    )


def _against(options: Any, day: Callable[[], str]) -> Proof:
    """Manifests as they are, against links that lie elsewhere."""
    import sys

    from kgen.load import files

    wanted = read_request(options.links, options.platform, options.overlay)
    stdin = sys.stdin.buffer.read() if "-" in options.paths else None
    read = files.read(options.paths, stdin=stdin)
    shown: Sequence[Document] = [d for d in read.documents if not kinds.is_ours(d.manifest)]
    beside = [document for document in wanted.documents if not kinds.is_ours(document.manifest)]
    links = [document for document in wanted.documents if kinds.is_ours(document.manifest)]
    try:
        proof = kgen.prove([*shown, *beside], links, platform=wanted.platform, as_of=day)
    except Refused as refused:
        raise at_lines(refused, wanted.sources | read.sources) from None
    return at_fields(proof, wanted.sources | read.sources)


def at_fields(proof: Proof, sources: dict[str, bytes]) -> Proof:
    """The same proof, the causes of its findings at the lines of their fields."""
    from kgen.load.positions import line_in

    lines: dict[tuple[Origin, Path], int] = {}

    def located(cause: Cause) -> Cause:
        key = (cause.origin, cause.path)
        if cause.origin.file not in sources or (key not in lines and len(lines) >= _MOST_LOCATED):
            return cause
        if key not in lines:
            lines[key] = line_in(sources, cause.origin, cause.path)
        return cause._replace(origin=cause.origin._replace(line=lines[key] or cause.origin.line))

    findings = tuple(f._replace(causes=tuple(located(cause) for cause in f.causes)) for f in proof.findings)
    return proof._replace(findings=findings)
