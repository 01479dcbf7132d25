#!/usr/bin/env python3
"""Writes docs/reference/cli.md from the command line's own parsers. Run after any change of a command or option."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kgen.entry.cli.reference import markdown  # noqa: E402  (the checkout, not an installed kgen)

if __name__ == "__main__":
    page = ROOT / "docs" / "reference" / "cli.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(markdown(), encoding="utf-8")
