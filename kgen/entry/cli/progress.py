"""Shows how far a long run has come: on a terminal only, only after a second, with rich only if it is there."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator

from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeVar

    _T = TypeVar("_T")

_PATIENCE = 1.0  # seconds without a word
_EVERY = 256  # items between two looks at the clock


def shown(items: "Iterable[_T]", total: int, what: str) -> "Iterator[_T]":
    """The items, unchanged."""
    if total < _EVERY or not sys.stderr.isatty():
        yield from items
        return
    started, bar, done = time.monotonic(), None, 0
    try:
        for item in items:
            yield item
            done += 1
            if done % _EVERY == 0:
                if bar is None and time.monotonic() - started > _PATIENCE:
                    bar = _bar(total, what)
                if bar is not None:
                    bar(done)
    finally:
        if bar is not None:
            bar(-1)


def _bar(total: int, what: str) -> Callable[[int], None]:
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        return _counter(total, what)
    progress = Progress(console=Console(stderr=True), transient=True)
    progress.start()
    task = progress.add_task(what, total=total)

    def move(done: int) -> None:
        if done < 0:
            progress.stop()
        else:
            progress.update(task, completed=done)

    return move


def _counter(total: int, what: str) -> Callable[[int], None]:
    def move(done: int) -> None:
        sys.stderr.write("\r\x1b[K" if done < 0 else f"\rkgen: {what}: {done} of {total}")
        sys.stderr.flush()

    return move
