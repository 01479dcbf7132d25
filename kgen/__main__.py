"""`python -m kgen`."""

import sys

from kgen.entry.cli import start

sys.exit(start())
