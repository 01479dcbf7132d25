"""Writes the JSON Schemas under schemas/ from the models. `--check` writes nothing and fails where one is stale."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kgen.kinds import generate  # noqa: E402 -- the checkout comes before any installed kgen


def main() -> int:
    folder = ROOT / "schemas"
    stale = [
        name
        for name, text in generate.files().items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        if stale:
            print(f"stale, run scripts/schemas.py: {', '.join(stale)}", file=sys.stderr)
        return bool(stale)
    folder.mkdir(exist_ok=True)
    for name in stale:
        (folder / name).write_text(generate.files()[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
