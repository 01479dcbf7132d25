"""Says which links, which layer and which line of its template made an object, and where each field comes from.

OBJECT is written KIND/NAMESPACE/NAME, e.g. NetworkPolicy/team-beta/specialist-ingress, or KIND/NAME.
"""

from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.entry.request import at_lines
from kgen.records import Any
from kgen.results import Refused


def arguments(parser: Any) -> None:
    """The object, and the input that it comes from."""
    parser.add_argument("object", metavar="OBJECT", help="KIND/NAMESPACE/NAME, or KIND/NAME")
    inputs.arguments(parser)


def run(options: Any) -> Reply:
    """The explanation as text."""
    from kgen.expand import compile_layer
    from kgen.present import explaining, explanation

    as_of = inputs.date(options)
    request = inputs.read(options)
    try:
        bundle = inputs.render(request, as_of)
        purposes = {layer.name: layer.purpose for layer in map(compile_layer, request.layers)}
        explained = explaining.explain(
            bundle, options.object, request.layers, purposes, request.documents, request.sources
        )
    except Refused as refused:
        raise at_lines(refused, request.sources) from None
    return Reply(explanation.text(explained))
