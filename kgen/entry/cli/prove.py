"""Proves what manifests allow: everything that is asked for, and nothing else.

Links among PATH are expanded and the bundle is proven; other manifests are proven as they are. Exit code 0: proven;
1: refuted, or not all of it could be judged.
"""

from kgen.entry import proving
from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.records import Any
from kgen.results import OK, REFUSED


def arguments(parser: Any) -> None:
    """What to prove, against what, and how to tell it."""
    inputs.arguments(parser)
    proving.arguments(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown", "html"),
        default="text",
        help="text (the default), json, markdown or html",
    )


def run(options: Any) -> Reply:
    """The proof on stdout."""
    from kgen.present import proofs
    from kgen.proof.verdicts import PROVEN

    proof = proving.prove_options(options)
    if options.format == "html":
        from kgen.present.proof_page import html as shown
    else:
        shown = {"text": proofs.text, "json": proofs.as_json, "markdown": proofs.markdown}[options.format]
    return Reply(shown(proof), (), OK if proof.verdict == PROVEN else REFUSED)
