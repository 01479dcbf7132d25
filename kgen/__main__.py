"""`python -m kgen`."""

import sys

from kgen.entry.cli import main

sys.exit(main())
