"""Says whether one end reaches another, by which rule, and what would change it.

FROM and TO are namespace/name, namespace/* (any other pod there), a host or an address. Exit code 0: allowed; 1: not.
"""

from kgen.entry import proving
from kgen.entry.cli import UsageError, inputs
from kgen.entry.cli.reply import Reply
from kgen.records import Any
from kgen.results import OK, REFUSED


def arguments(parser: Any) -> None:
    """The two ends, the port, and the manifests."""
    parser.add_argument("source", metavar="FROM", help="who calls")
    parser.add_argument("target", metavar="TO", help="who is called")
    inputs.arguments(parser)
    proving.arguments(parser)
    parser.add_argument("--port", metavar="PORT", help="e.g. 8080 or UDP/53; without it the port that TO is asked on")
    parser.add_argument("--path", metavar="PATH", help="of an HTTP request, e.g. /api/agents: what the mesh says of it")
    parser.add_argument("--method", metavar="METHOD", help="of an HTTP request, e.g. POST; any where it is not given")


def run(options: Any) -> Reply:
    """The answer on stdout."""
    from kgen.present import reasons
    from kgen.proof.why import find, likely_port, why

    port = _port(options.port) if options.port else None
    proof = proving.prove_options(options)
    source, target = find(proof.world, options.source), find(proof.world, options.target)
    if options.path and not options.path.startswith("/"):
        raise UsageError(f"--path {options.path} is no path: it begins with a slash")
    given = port or likely_port(proof, source, target)
    answer = why(proof, source, target, given, (options.method or "").upper(), options.path or "")
    return Reply(reasons.why(answer), (), OK if answer.verdict == "allowed" else REFUSED)


def _port(text: str) -> Any:
    from kgen.proof.terms import PROTOCOLS, PortTerm

    protocol, _, number = text.upper().rpartition("/")
    if (protocol or "TCP") not in PROTOCOLS or not number.isdecimal() or not 0 < int(number) <= 65535:
        raise UsageError(f"--port {text} is no port: give 1 to 65535, or with its protocol as in UDP/53")
    return PortTerm(protocol or "TCP", int(number), int(number))
