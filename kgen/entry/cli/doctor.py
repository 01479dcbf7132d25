"""Runs kustomize, kubectl and kpt of this machine on a sample of one link and compares with kgen render.

Says of each whether it works, and if not, what to do. Ends with 1 where one that is here, or that was named, does not.
"""

import os
from typing import Any

from kgen.entry.cli.reply import Reply
from kgen.results import OK, REFUSED


def arguments(parser: Any) -> None:
    """Which of them to look at."""
    parser.add_argument(
        "clients", metavar="CLIENT", nargs="*", help="kustomize, kubectl, kpt; without any, those that are on PATH"
    )


def run(options: Any) -> Reply:
    """A paragraph a client."""
    from kgen.entry import clinic
    from kgen.entry.cli import UsageError, nearest

    for name in options.clients:
        if name not in clinic.CLIENTS:
            raise UsageError(
                f"kgen doctor knows {', '.join(clinic.CLIENTS)}, not {name}{nearest(name, clinic.CLIENTS)}"
            )
    lines, code = [], OK
    for name in options.clients or clinic.CLIENTS:
        finding = clinic.examine(name, os.environ)
        if finding.works:
            lines.append(f"{name} {finding.version}: works: {finding.command}\n")
            continue
        if not finding.version:
            lines.append(f"{name}: is not on PATH{': install it' if options.clients else ''}\n")
            code = REFUSED if options.clients else code
            continue
        lines.append(f"{name} {finding.version}: does not work: {finding.command}\n  fix: {finding.fix}\n")
        code = REFUSED
    return Reply("".join(lines), (), code)
