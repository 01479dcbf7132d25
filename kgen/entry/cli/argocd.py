"""The config management plugin of Argo CD, whose sidecar starts it in an application's folder.

generate prints the manifests, parameters what the UI may ask for. Both read ARGOCD_* of the environment and the folder
they are started in; see docs/hosts/argocd.md, also for how to try them by hand.
"""

import os

from kgen.entry.cli.reply import Reply
from kgen.records import Any
from kgen.results import Refused


def arguments(parser: Any) -> None:
    """Which of the plugin's commands."""
    parser.add_argument("command", choices=("generate", "parameters"), help="what plugin.yaml asks for")


def run(options: Any) -> Reply:
    """Manifests as a YAML stream, or the list of parameters as JSON."""
    from kgen.entry import argocd, argocd_errors

    try:
        if options.command == "parameters":
            import json

            from kgen.entry.argocd_announcement import announce

            return Reply(json.dumps(announce(os.environ), ensure_ascii=False) + "\n")
        from kgen.bundle.emit_yaml import emit_stream

        answer = argocd.generate(os.environ)
        return Reply("".join(emit_stream(answer.manifests)), answer.results)
    except Refused as refused:
        raise argocd_errors.short(refused) from None
    except Exception as error:
        raise argocd_errors.internal(error) from error
