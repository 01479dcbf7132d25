"""Errors as Argo CD shows them: the cause first, few, of bounded length, without values of the input."""

import os

from kgen.results import ERROR, Refused, Result

MOST = 20
"""Errors that are told: a message in Argo CD's UI is read, not searched."""
LONGEST = 600


def short(refused: Refused) -> Refused:
    """The errors alone, the cause first: few and of bounded length."""
    from kgen.present.problems import ordered

    errors = [result for result in ordered(refused.results) if result.severity == ERROR]
    told = [result._replace(message=_cut(result.message)) for result in errors[:MOST]]
    if len(errors) > MOST:
        told[-1] = told[-1]._replace(message=f"{told[-1].message} (and {len(errors) - MOST} more errors)")
    return Refused(told)


def internal(error: Exception) -> Refused:
    """A mistake of kgen's own, told by its place: its message could hold anything."""
    import traceback

    last = reversed(traceback.extract_tb(error.__traceback__)[-3:])
    frames = " < ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in last)
    message = f"internal error, {type(error).__name__} in {frames}: please report it with these words"
    return Refused([Result(_cut(message), ERROR, "internal")])


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
