"""Draws who may call whom, as proven: agents by namespace, links, what is blocked, what nobody asked for."""

from kgen.entry import proving
from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.records import Any


def arguments(parser: Any) -> None:
    """What to draw, and in which form."""
    inputs.arguments(parser)
    proving.arguments(parser)
    parser.add_argument(
        "--format", choices=("mermaid", "dot", "svg", "html"), default="mermaid", help="mermaid (the default), dot, ..."
    )


def run(options: Any) -> Reply:
    """The drawing on stdout."""
    from kgen.present import graphs

    proof = proving.prove_options(options)
    graph = graphs.graph_of(proof)
    if options.format in ("svg", "html"):
        from kgen.present import drawing

        return Reply(drawing.svg(graph) if options.format == "svg" else drawing.page(graph))
    return Reply(graphs.mermaid(graph) if options.format == "mermaid" else graphs.dot(graph))
