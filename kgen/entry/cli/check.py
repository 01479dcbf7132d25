"""Checks links and manifests: schemas, names, references, secrets, selectors. Writes nothing.

Links in the input are expanded, and the whole bundle is checked and proven (see `kgen prove`); without any, the
manifests are checked as they are. Links and grants that end within two weeks are named.
"""

from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply, verdict
from kgen.entry.request import at_lines
from kgen.manifests import Manifest
from kgen.records import Any
from kgen.results import ERROR, Refused, Result


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
    parser.add_argument("--no-proof", action="store_true", help="do not prove what the links expand to")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (the default) or json")


def run(options: Any) -> Reply:
    """One line on stdout that says what was checked; what was found is on stderr, with --format json on stdout."""
    from kgen.entry.examination import examine
    from kgen.present import problems

    number = 0
    try:
        day = inputs.date(options)
        request = inputs.read(options)
        try:
            number, found = examine(
                request, day, crds=_crds(options.crds), strict=options.strict, proves=not options.no_proof
            )
        except Refused as refused:
            raise at_lines(refused, request.sources) from None
        results = inputs.told(found, request)
    except Refused as refused:
        if options.format == "text":
            raise
        results = refused.results
    if options.format == "json":
        return Reply(problems.as_json(results), (), verdict(results))
    return Reply(f"kgen: {problems.counted(number, 'object')}: {problems.tally(results)}\n", results, verdict(results))


def _crds(folders: list[str]) -> tuple[Manifest, ...]:
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
