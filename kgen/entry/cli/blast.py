"""Says what somebody who holds one agent reaches: directly, through the agents it may call, through the controller.

AGENT is written namespace/name.
"""

from kgen.entry import proving
from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.records import Any


def arguments(parser: Any) -> None:
    """The agent, and the manifests."""
    parser.add_argument("agent", metavar="AGENT", help="namespace/name")
    inputs.arguments(parser)
    proving.arguments(parser)


def run(options: Any) -> Reply:
    """What is in reach, on stdout."""
    from kgen.present import reasons
    from kgen.proof.blast import blast
    from kgen.proof.why import find

    proof = proving.prove_options(options)
    return Reply(reasons.blast(blast(proof, find(proof.world, options.agent))))
