"""Programs that only others start: kgen-fn, as a function of kustomize and kpt (kustomize before 5.8 takes no arguments
in an annotation), and the plugin of kubectl kustomize."""

import sys
from collections.abc import Callable

from kgen.entry.process import run
from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn


def function() -> "NoReturn":
    """Answers one call and ends the process."""
    run(_answer)


def plugin() -> "NoReturn":
    """Answers one call of the first protocol, and ends the process."""
    from kgen.entry import legacy_exec

    run(lambda: _ending(legacy_exec.main))


def _answer() -> int:
    if sys.argv[1:]:  # as `kgen fn` would
        from kgen.entry.cli import main as cli

        return cli(["fn", *sys.argv[1:]])
    from kgen.entry import krm

    return _ending(krm.main)


def _ending(main: Callable[[], int]) -> int:
    """A full disk, or a client that has gone, in a line instead of a traceback."""
    try:
        return main()
    except (OSError, KeyboardInterrupt) as error:
        from kgen.entry.cli import ended

        return ended(error)
