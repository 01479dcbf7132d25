"""The reference page of the kinds is made from the models, and names every field."""

from pathlib import Path

from kgen import kinds
from kgen.kinds.reference import markdown
from tests.kinds.test_schemas import schemas


def test_the_page_is_fresh(root: Path) -> None:
    assert (root / "docs/reference/api.md").read_text(encoding="utf-8") == markdown(), "run scripts/api_reference.py"


def test_every_field_has_a_row() -> None:
    page = markdown()
    for kind in kinds.KINDS:
        for inner in schemas(kinds.schema(kind)):
            for field, schema in inner.get("properties", {}).items():
                assert f"| `{field}` |" in page
                assert schema["description"].replace("|", "\\|") in page
