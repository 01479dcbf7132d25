"""The program kgen-fn, which kustomize and kpt start: kustomize before 5.8 takes no arguments in an annotation."""

import sys

from kgen.entry.process import run
from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn


def function() -> "NoReturn":
    """Answers one call and ends the process."""
    run(_answer)


def _answer() -> int:
    if sys.argv[1:]:  # as `kgen fn` would
        from kgen.entry.cli import main as cli

        return cli(["fn", *sys.argv[1:]])
    from kgen.entry import krm

    try:
        return krm.main()
    except (OSError, KeyboardInterrupt) as error:
        from kgen.entry.cli import ended

        return ended(error)
