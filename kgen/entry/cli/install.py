"""Puts kgen where kustomize and kubectl find it, and says what it wrote.

`kustomize-component DIR` copies the Component that a kustomization lists; the files are yours from then on. With
--legacy, the one for kubectl kustomize. `kustomize-plugin` writes two small programs that start this kgen into the
folder where kubectl kustomize, and kustomize without --enable-exec, look for plugins. See docs/hosts/kustomize.md.
"""

import os
from typing import Any

from kgen.entry.cli.reply import Reply

PLUGIN, COMPONENT = "kustomize-plugin", "kustomize-component"


def arguments(parser: Any) -> None:
    """What to install, or to take out again."""
    parser.add_argument("what", metavar="WHAT", choices=(PLUGIN, COMPONENT), help=f"{PLUGIN} or {COMPONENT}")
    parser.add_argument("folder", metavar="DIR", nargs="?", help="where the Component goes, e.g. my-app/kgen")
    parser.add_argument("--legacy", action="store_true", help="the Component for kubectl kustomize")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--uninstall", action="store_true", help="remove the programs of the plugin")


def run(options: Any) -> Reply:
    """A line a file."""
    from kgen.entry import component, plugin_home
    from kgen.entry.cli import UsageError

    if (options.what == COMPONENT) != bool(options.folder) or (options.legacy and options.what == PLUGIN):
        raise UsageError(f"write kgen install {PLUGIN}, or kgen install {COMPONENT} DIR [--legacy]")
    if options.what == COMPONENT:
        if options.uninstall:
            raise UsageError("the Component's files are yours: remove the folder")
        kind = component.LEGACY if options.legacy else component.FUNCTION
        steps = component.copy(kind, options.folder, dry_run=options.dry_run)
        after = f"next: list {options.folder} under components: of your kustomization\n"
    else:
        act = plugin_home.uninstall if options.uninstall else plugin_home.install
        steps = act(plugin_home.home(os.environ), dry_run=options.dry_run)
        after = "next: kubectl kustomize --enable-alpha-plugins DIR | kubectl apply -f -\n"
    lines = []
    for step in steps:
        planned = options.dry_run and step.done in ("written", "removed")
        lines.append(f"{'would be ' if planned else ''}{step.done}: {step.path}\n")
    return Reply("".join(lines) + ("" if options.uninstall else after))
