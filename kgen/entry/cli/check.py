"""Checks links and manifests: schemas, names, references, secrets, selectors. Writes nothing.

Links in the input are expanded, and the whole bundle is checked; without any, the manifests as they are.
"""

from collections.abc import Callable, Iterator
from typing import Any

from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply, verdict
from kgen.entry.request import Request, at_lines
from kgen.results import ERROR, WARNING, Refused, Result


def arguments(parser: Any) -> None:
    """What to check, and how strictly."""
    inputs.arguments(parser)
    parser.add_argument("--strict", action="store_true", help="an object that no schema was found for is an error")
    parser.add_argument(
        "--crds",
        metavar="DIR",
        action="append",
        default=[],
        help="CustomResourceDefinitions to check by; may be repeated",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (the default) or json")


def run(options: Any) -> Reply:
    """One line on stdout that says what was checked; what was found is on stderr, with --format json on stdout."""
    from kgen.present import problems

    as_of = inputs.date(options)
    code, number = 0, 0
    try:
        request = inputs.read(options)
        crds = _crds(options.crds)
        try:
            number, found = _checked(options, request, as_of, crds)
        except Refused as refused:
            raise at_lines(refused, request.sources) from None
        results = inputs.told(found, request)
        code = verdict(results)
    except Refused as refused:
        if options.format == "text":
            raise
        results, code = refused.results, 1
    if options.format == "json":
        return Reply(problems.as_json(results), (), code)
    found_text = [
        problems.counted(problems.count(results, severity), word)
        for severity, word in ((ERROR, "error"), (WARNING, "warning"))
        if problems.count(results, severity)
    ]
    return Reply(
        f"kgen: {problems.counted(number, 'object')}: {', '.join(found_text) or 'no problems'}\n", results, code
    )


def _checked(
    options: Any, request: Request, as_of: Callable[[], str], crds: tuple[dict[str, Any], ...]
) -> tuple[int, tuple[Result, ...]]:
    """How many objects were checked, and what there is to tell about them."""
    from kgen import checks
    from kgen.checks.passing import context_of, subject_of_entry

    version = request.platform.manifest["spec"]["kubernetesVersion"]
    context = checks.Context(kubernetes_version=version, crds=crds, schemas_required=options.strict)
    if not request.expands:
        subjects = [checks.subject_of(document) for document in request.documents]
        return len(subjects), (*request.results, *checks.run(subjects, checks.ALL, context))
    bundle = inputs.render(request, as_of)
    context = context_of(bundle.topology)._replace(
        kubernetes_version=version, crds=crds, schemas_required=options.strict
    )

    def subjects_of_bundle() -> Iterator[checks.Subject]:
        for entry in bundle.entries:
            yield subject_of_entry(entry, entry.build())

    found = checks.run(subjects_of_bundle(), checks.ALL, context)
    return len(bundle.entries), (*request.results, *bundle.results, *found)


def _crds(folders: list[str]) -> tuple[dict[str, Any], ...]:
    """The CustomResourceDefinitions in these files and folders. Raises Refused where there are none."""
    if not folders:
        return ()
    from kgen.load import files

    found = tuple(
        document.manifest
        for document in files.read(folders).documents
        if document.manifest["kind"] == "CustomResourceDefinition"
    )
    if not found:
        raise Refused([Result(f"--crds {' '.join(folders)}: found no CustomResourceDefinition there", ERROR, "crds")])
    return found
