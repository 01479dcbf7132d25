"""What checking costs to import: nothing heavy while documents are right, no models even when they are wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from kgen import kinds
from kgen.load import platform
from kgen.manifests import Document, Origin
link = {"apiVersion": kinds.API_VERSION, "kind": "AgentLink", "metadata": {"name": "x"}, "spec": {"from": %r}}
kinds.check(Document(link, Origin()), frozenset())
platform.resolve(None, [], layers=frozenset())
print(*sorted(sys.modules))
"""
HEAVY = {"pydantic", "pydantic_core", "jinja2", "dataclasses", "pathlib", "difflib", "typing_extensions"}


@pytest.mark.parametrize(("caller", "explained"), [("a/b", False), ("A/b", True)])
def test_models_are_never_imported_to_check(root: Path, caller: str, explained: bool) -> None:
    command = [sys.executable, "-S", "-c", CODE % caller]
    run = subprocess.run(command, cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert ("kgen.kinds.explain" in loaded) is explained
    assert "kgen.kinds.fields" not in loaded
    assert loaded & HEAVY <= ({"difflib"} if explained else set())
