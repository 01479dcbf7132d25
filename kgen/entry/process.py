"""A process that does one run and ends: nothing in it is looked after longer than that."""

import os
import sys
from collections.abc import Callable

from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn


def run(main: Callable[[], int]) -> "NoReturn":
    """Runs it and ends the process with its exit code. For the programs only: a library must not end its host."""
    import gc

    global _kept
    _kept = []
    gc.disable()  # nothing is won by looking for cycles of garbage
    leave(main())


_kept: list[object] | None = None


def keep(value: object) -> None:
    """Holds a large value to the end of a process that is kgen's own, instead of freeing its parts one by one."""
    if _kept is not None:
        _kept.append(value)


def leave(code: int) -> "NoReturn":
    """Ends the process without taking its objects apart one by one, a tenth of a small run: the system takes all."""
    import atexit

    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # the reader has gone, or the disk is full: Python itself would end so
        code = code or 120
    os._exit(code)
