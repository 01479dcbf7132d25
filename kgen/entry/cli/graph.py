"""Draws who may call whom, as proven: agents by namespace, links, what is blocked, what nobody asked for."""

from kgen.entry import proving
from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.records import Any
from kgen.results import ERROR, Refused, Result


def arguments(parser: Any) -> None:
    """What to draw, and in which form."""
    inputs.arguments(parser)
    proving.arguments(parser)
    parser.add_argument(
        "--format",
        choices=("mermaid", "dot", "svg", "html"),
        default="mermaid",
        help="mermaid (the default), dot, svg or html",
    )
    parser.add_argument(
        "--namespace", metavar="NAME", default="", help="only its agents, and what they call or are called by"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="every agent, however many: else a drawing of more than 40 agents, or 120 links, shows namespaces",
    )


def run(options: Any) -> Reply:
    """The drawing on stdout."""
    from kgen.present import graphs

    proof = proving.prove_options(options)
    whole = graphs.whole(proof)
    if options.namespace:
        whole = graphs.around(whole, options.namespace)
        if not whole.nodes:
            message = f"--namespace {options.namespace}: no agent is in it"
            raise Refused([Result(message, ERROR, "unknown-namespace")])
    if options.format == "html":
        from kgen.present.page import graph_page

        return Reply(graph_page(whole))
    graph = graphs.collapsed(whole) if graphs.is_large(whole) and not options.all else whole
    if options.format == "svg":
        from kgen.present import drawing

        return Reply(drawing.svg(graph))
    return Reply(graphs.mermaid(graph) if options.format == "mermaid" else graphs.dot(graph))
