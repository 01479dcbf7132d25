"""Puts kgen where kubectl kustomize, and kustomize without --enable-exec, look for plugins.

Writes two small programs that start this kgen, for Platform and AgentLink as the configuration, and says where.
See docs/hosts/kustomize.md.
"""

import os
from typing import Any

from kgen.entry.cli.reply import Reply


def arguments(parser: Any) -> None:
    """What to install, or to take out again."""
    parser.add_argument("what", metavar="kustomize-plugin", choices=("kustomize-plugin",), help="the one there is")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--uninstall", action="store_true", help="remove what an earlier install wrote")


def run(options: Any) -> Reply:
    """A line a program."""
    from kgen.entry import plugin_home

    folder = plugin_home.home(os.environ)
    act = plugin_home.uninstall if options.uninstall else plugin_home.install
    steps = act(folder, dry_run=options.dry_run)
    lines = []
    for step in steps:
        planned = options.dry_run and step.done in ("written", "removed")
        lines.append(f"{'would be ' if planned else ''}{step.done}: {step.path}\n")
    if not options.uninstall:
        lines.append("use: kubectl kustomize --enable-alpha-plugins DIR | kubectl apply -f -\n")
    return Reply("".join(lines))
