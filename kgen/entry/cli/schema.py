"""Prints the JSON Schema of a kind of kgen, or of a file that may hold any of them, for editors.

In a YAML file, for the YAML language server: # yaml-language-server: $schema=PATH
"""

from kgen.entry.cli.reply import Reply
from kgen.records import Any


def arguments(parser: Any) -> None:
    """Which schema."""
    parser.add_argument(
        "kind",
        metavar="KIND",
        nargs="?",
        choices=("agentlink", "agentgrant", "platform", "overlay"),
        help="agentlink, agentgrant, platform or overlay (a fragment of a Platform); none: any of the three kinds",
    )


def run(options: Any) -> Reply:
    """The schema, indented."""
    import json

    from kgen import kinds

    return Reply(json.dumps(kinds.schema(options.kind), indent=2, ensure_ascii=False) + "\n")
