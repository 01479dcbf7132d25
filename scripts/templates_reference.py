"""Writes the generated parts of docs/reference/templates.md: scopes, structural keys, filters, fields of the topology.

Run after any change of them. `--check` writes nothing and fails where the page is stale.
"""

import ast
import sys
import tokenize
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kgen.expand import type_check  # noqa: E402 -- the checkout comes before any installed kgen
from kgen.expand.description import FIELDS  # noqa: E402
from kgen.expand.filters import FILTERS  # noqa: E402
from kgen.expand.scopes import SCOPES  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "templates.md"


def generated() -> dict[str, str]:
    """Name of a part -> its Markdown."""
    return {
        "layer.yaml": _table("field", "holds", [(f"`{name}`", about) for name, about in FIELDS.items()]),
        "scopes": _table(
            "`$for`",
            "made",
            [
                (f"`{name}`", f"{about}; see [{kind.__name__}](#{kind.__name__.lower()})")
                for name, (kind, _, about) in SCOPES.items()
            ],
        ),
        "filters": _table(
            "filter", "gives", [(f"`{name}`", f"{one.about}: `{one.example}`") for name, one in FILTERS.items()]
        ),
        "fields": "\n\n".join(_record(record) for record in _records()),
    }


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> str:
    cells = [(a.replace("|", "\\|"), b.replace("|", "\\|")) for a, b in rows]
    return "\n".join([f"| {left} | {right} |", "|---|---|", *(f"| {a} | {b} |" for a, b in cells)])


def _records() -> list[type]:
    """Every NamedTuple that a template can come to, from the scopes on, by name."""
    found: dict[str, type] = {}
    waiting = [kind for kind, _, _ in SCOPES.values()]
    while waiting:
        kind = waiting.pop()
        if type_check.is_record(kind) and kind.__name__ not in found:
            found[kind.__name__] = kind
            waiting += list(type_check.fields(kind).values())
        else:
            waiting += [one for one in getattr(kind, "__args__", ()) if one is not Ellipsis]
    return [found[name] for name in sorted(found)]


def _record(kind: type) -> str:
    comments = _comments(sys.modules[kind.__module__].__file__ or "", kind.__name__)
    rows = []
    for name, hint in type_check.fields(kind).items():
        about = comments.get(name, "")
        rows.append((f"`{name}`", f"{_shape(hint)}{': ' + about if about else ''}"))
    first = " ".join((kind.__doc__ or "").split())
    return f"### {kind.__name__}\n{first}\n\n{_table('field', 'holds', rows)}"


def _shape(hint: object) -> str:
    """A type in a few words, with a link where it is a record."""
    parts = []
    for one in type_check.alternatives(hint):
        if type_check.is_record(one):
            parts.append(f"[{one.__name__}](#{one.__name__.lower()})")
        elif type_check.is_list(one):
            inner = _shape(type_check.item(one))
            parts.append(f"list of {'mappings' if inner == 'a mapping' else inner}")
        else:
            parts.append(type_check.describe(one))
    return " or ".join(parts)


def _comments(file: str, name: str) -> dict[str, str]:
    """The comment behind each field of a class, and the first line of each property's docstring."""
    text = Path(file).read_text(encoding="utf-8")
    by_line = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for inner in node.body:
                if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                    found[inner.target.id] = by_line.get(inner.end_lineno or 0, "")
                elif isinstance(inner, ast.FunctionDef):
                    found[inner.name] = (ast.get_docstring(inner) or "").partition("\n")[0].rstrip(".")
    return {field: comment for field, comment in found.items() if comment}


def page() -> str:
    """The page with its generated parts made anew."""
    text = PAGE.read_text(encoding="utf-8")
    for name, part in generated().items():
        begin, end = f"<!-- generated: {name} -->\n", "<!-- end -->"
        before, found, rest = text.partition(begin)
        if not found:
            raise SystemExit(f"{PAGE}: no line {begin.strip()}")
        text = f"{before}{begin}{part}\n{end}{rest.partition(end)[2]}"
    return text


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text(encoding="utf-8") != text:
            print(f"stale, run scripts/templates_reference.py: {PAGE.relative_to(ROOT)}", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
