#!/usr/bin/env python3
"""Writes docs/reference/api.md from the schemas of the kinds. Run after scripts/schemas.py."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kgen.kinds.reference import markdown  # noqa: E402  (the checkout, not an installed kgen)

if __name__ == "__main__":
    page = ROOT / "docs" / "reference" / "api.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(markdown(), encoding="utf-8")
