"""The protocol of Argo CD's config management plugins: the environment and the folder in, manifests on stdout.

argocd-cmp-server (Argo CD 3.x) starts `generate` in the application's folder, inside a private copy of the
repository. It takes whatever a plugin that ends well wrote for the whole wanted state, and shows stderr of one that
does not. So everything is written once, and an error comes first, is short, and has no values of the input.
"""

import os
from collections.abc import Mapping, Sequence

import kgen
from kgen.entry import argocd_parameters, floor
from kgen.entry.date import as_of
from kgen.entry.request import Request, at_lines, read_request
from kgen.load import kustomizations
from kgen.manifests import Document, Manifest, get
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.results import ERROR, INFO, WARNING, Refused, Result

if TYPE_CHECKING:
    from kgen.bundle import Bundle

PATH = "ARGOCD_APP_SOURCE_PATH"


class Answer(NamedTuple):
    """The wanted state, and warnings for the log."""

    manifests: tuple[Manifest, ...]
    results: tuple[Result, ...]


def generate(environment: Mapping[str, str]) -> Answer:
    """The objects of the application in this folder. Raises Refused; then nothing is half done."""
    from kgen.bundle import Slice
    from kgen.bundle.argo_cd import fitted, unfit
    from kgen.checks.passing import Passing

    request, asked, least = read(environment)
    try:
        _refuse(least.below(request))
        bundle = kgen.render(
            request.documents,
            request.platform,
            layers=request.layers,
            patches=request.patches,
            slice=Slice(asked.namespace, asked.cluster_scoped),
            as_of=as_of(None, environment),
        )
        _refuse(least.patched(bundle))
        told: list[Result] = _proven(request, asked, least, bundle, environment)
        passing = Passing(bundle)
        built, problems = [], []
        for entry, manifest in passing:
            built.append(manifest)
            if problem := unfit(manifest):
                origin = entry.origin
                problems.append(problem._replace(file=origin.file, index=origin.index, line=origin.line))
        _refuse(problems)
    except Refused as refused:
        raise at_lines(refused, request.sources) from None
    told = [*request.results, *passing.results, *_marked(built), *told]
    return Answer(tuple(map(fitted, built)), tuple(result for result in told if result.severity != INFO))


def _proven(
    request: Request,
    asked: argocd_parameters.Asked,
    least: floor.Floor,
    bundle: "Bundle",
    environment: Mapping[str, str],
) -> list[Result]:
    """Warnings of the proof, where one is asked for: always of the whole, whatever slice is wanted.

    Raises Refused with what refutes it, or, where the proof has to be strict, with what it could not judge.
    """
    how = least.proven(asked.prove)
    if how == floor.PROOFS[0]:
        return []
    from kgen.entry.proving import prove_bundle
    from kgen.proof.findings import NOT_UNDERSTOOD
    from kgen.proof.verdicts import PROVEN

    if asked.namespace or asked.cluster_scoped:
        bundle = kgen.render(
            request.documents,
            request.platform,
            layers=request.layers,
            patches=request.patches,
            as_of=as_of(None, environment),
        )
    proof = prove_bundle(bundle)
    found = [finding.result() for finding in proof.findings]
    if how == "strict" and proof.verdict != PROVEN:
        unread = [finding.result() for finding in proof.findings if finding.kind == NOT_UNDERSTOOD]
        found += [one._replace(severity=ERROR) for one in unread if one.severity == WARNING]
    _refuse([one for one in found if one.severity == ERROR])
    return [one for one in found if one.severity == WARNING and one.rule != "proof-residual"]


def read(environment: Mapping[str, str]) -> tuple[Request, argocd_parameters.Asked, floor.Floor]:
    """What the folder, the Application and the floor say together. Raises Refused."""
    least = floor.read(environment, argocd_parameters.CHOICES)
    root = repository(os.getcwd(), environment.get(PATH, ""))
    asked = argocd_parameters.read(environment, least, root)
    built = None
    if kustomizations.has_one("."):
        from kgen.entry import kustomize

        built = kustomize.build(".", root, environment)
        asked = _overlaid(asked, built.documents, least)
    locked = argocd_parameters.trusted(asked, least)
    request = read_request(
        ["."],
        asked.platform,
        asked.overlays,
        asked.fragments,
        stdin=b"",
        root=root,
        confined=True,
        built=built,
        judge=lambda written: least.judge([each for each in written if each.origin.file not in locked]),
    )
    return request, asked, least


def _overlaid(
    asked: argocd_parameters.Asked, documents: Sequence[Document], least: floor.Floor
) -> argocd_parameters.Asked:
    """With the overlays that kgen's configuration in a kustomization names, where the Application names none."""
    from kgen.entry.function import OVERLAYS

    named = [get(document.manifest, "metadata", "annotations", OVERLAYS) for document in documents[:1]]
    names = tuple(name.strip() for text in named if isinstance(text, str) for name in text.split(",") if name.strip())
    if asked.overlays or not names:
        return asked
    if "overlay" in least.choices:
        raise Refused([Result(f"{OVERLAYS} is locked by {floor.LOCKED}: take the annotation out", ERROR, "locked")])
    return asked._replace(overlays=names)


def repository(folder: str, source_path: str) -> str:
    """The repository's copy around the application's folder, relative to it: nothing outside is read.

    Argo CD may hand over a part of the repository only (manifest-generate-paths), down to the folder itself; so what
    counts is how many names the end of the folder's path and the application's path in the repository have in common.
    """
    here = os.path.realpath(folder).split(os.sep)
    names = [name for name in os.path.normpath(source_path).split("/") if name not in ("", ".")]
    common = 0
    while common < min(len(names), len(here) - 2) and names[-1 - common] == here[-1 - common]:
        common += 1
    return "/".join([".."] * common) or "."


def _marked(built: list[Manifest]) -> list[Result]:
    from kgen.bundle.argo_cd import marks

    found = sorted({mark for manifest in built for mark in marks(manifest)})
    if not found:
        return []
    message = f"{', '.join(found)}: taken off, because Argo CD writes it itself; remove it from the manifests"
    return [Result(message, WARNING, "tracking")]


def _refuse(problems: list[Result]) -> None:
    if problems:
        raise Refused(problems)
