"""Writes the files for the machines around the cluster, which are no API objects and so in no bundle.

An audit policy and a checklist always; what else, spec.machineFiles of the Platform says.
"""

from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.entry.request import at_lines
from kgen.records import Any
from kgen.results import Refused


def arguments(parser: Any) -> None:
    """The input of a rendering, and where to."""
    inputs.arguments(parser)
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="write the files here; stale ones go")
    parser.add_argument("--force", action="store_true", help="also replace files that were edited since")


def run(options: Any) -> Reply:
    """The files, and a line that says so."""
    day, request = inputs.date(options), inputs.read(options)
    try:
        from kgen.entry import writer
        from kgen.load.machine_files import constant
        from kgen.present import machine_files, summary
        from kgen.topology.machines import machines, wants_agents

        agents = inputs.render(request, day).topology.agents if wants_agents(request.platform) else ()
        found = machines(request.platform, agents, day)
        pieces = machine_files.pieces(found, request.platform.manifest["spec"], constant)
        written = writer.write_tree(options.output, pieces, force=options.force)
    except Refused as refused:
        raise at_lines(refused, request.sources) from None
    text = summary.files(options.output, *map(len, written))
    return Reply(text, (*request.results, *inputs.told(found.results, request)))
