"""Prints the version of kgen, of Python, and of the kinds that it reads."""

from kgen.entry.cli.reply import Reply
from kgen.records import Any


def arguments(parser: Any) -> None:
    """No options."""


def run(options: Any) -> Reply:
    """One line, e.g. `kgen 0.1.0 (kgen.dev/v1alpha1, Python 3.11.7)`."""
    from importlib.metadata import PackageNotFoundError, version
    from platform import python_version

    from kgen.kinds import GROUP

    try:
        number = version("kgen")
    except PackageNotFoundError:  # run from a source tree that was not installed
        number = "unknown"
    return Reply(f"kgen {number} ({GROUP}/v1alpha1, Python {python_version()})\n")
