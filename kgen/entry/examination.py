"""Every check over what a request holds: the expanded bundle, or the manifests as they are where nothing expands."""

from collections.abc import Callable, Iterator

import kgen
from kgen import checks
from kgen.checks.passing import context_of, subject_of_entry
from kgen.entry.request import Request
from kgen.manifests import Document
from kgen.proof import Source, prove
from kgen.proof.findings import RESIDUAL
from kgen.records import Any
from kgen.results import ERROR, WARNING, Result
from kgen.topology.validity import ending


def examine(
    request: Request,
    as_of: Callable[[], str],
    *,
    expands: bool | None = None,
    crds: tuple[dict[str, Any], ...] = (),
    strict: bool = False,
    proves: bool = True,
) -> tuple[int, tuple[Result, ...]]:
    """How many objects were checked, and what there is to tell about them. Raises Refused where nothing comes of them.

    `expands` False leaves the objects as they are, also where the Platform by itself would make some. A bundle that
    links expand to is proven as well, unless `proves` is False; links and grants that end soon are told.
    """
    version = request.platform.manifest["spec"]["kubernetesVersion"]
    if not (request.expands if expands is None else expands):
        context = checks.Context(kubernetes_version=version, crds=crds, schemas_required=strict)
        subjects = [checks.subject_of(document) for document in request.documents]
        return len(subjects), (*request.results, *checks.run(subjects, checks.ALL, context))
    bundle = kgen.render(
        request.documents, request.platform, layers=request.layers, patches=request.patches, as_of=as_of
    )
    context = context_of(bundle.topology)._replace(kubernetes_version=version, crds=crds, schemas_required=strict)

    sources: list[Source] = []

    def subjects_of_bundle() -> Iterator[checks.Subject]:
        for entry in bundle.entries:
            manifest = entry.build()
            if proves:
                sources.append(Source(Document(manifest, entry.origin), entry.layer))
            yield subject_of_entry(entry, manifest)

    found = checks.run(subjects_of_bundle(), checks.ALL, context)
    if proves:
        # the residual is the topology's to tell, at every render
        proven = [finding.result() for finding in prove(sources, bundle.topology).findings if finding.kind != RESIDUAL]
        warned = {_field(result) for result in bundle.results if result.field and result.severity == WARNING}
        found += [result for result in proven if result.severity == ERROR or _field(result) not in warned]
    return len(bundle.entries), (*request.results, *bundle.results, *ending(request.documents, as_of), *found)


def _field(result: Result) -> tuple[str, ...]:
    """What a result is about: what the topology has warned of there, the proof need not warn of again."""
    return result.api_version, result.kind, result.namespace, result.name, result.field
