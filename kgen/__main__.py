"""`python -m kgen`."""

from kgen.entry.cli import start

start()
