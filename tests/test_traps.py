"""docs/traps.md: each trap of the sources is there, and the tests that it names are."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/traps.md").read_text()
ROWS = re.findall(r"(?m)^\| (?!trap |-)([^|]+) \| [^|]+ \| ([^|]+) \|$", PAGE)
OF_THE_SOURCES = (
    "principals with a scheme",
    "wrong controller identity",
    "selectors that match no pod",
    "DNS without peers",
    "port-only egress",
    "v1beta1 External Secrets",
    "unsynced inventory",
    "exec as a verb",
    "metrics label that does not exist",
    "ephemeral CA",
    "silent HTTP fallback",
    "empty trust domain",
    "a Secret emitted twice",
    "a label under which a pod never starts",
    "default-deny that starves the proxy",
    "a label protection that blocks every pod",
    "parameters of the requester's own namespace",
    "ambient L7 walked around by pod IP",
)


def test_each_trap_of_the_sources_has_its_row() -> None:
    assert tuple(trap for trap, _ in ROWS)[: len(OF_THE_SOURCES)] == OF_THE_SOURCES


@pytest.mark.parametrize(("trap", "tests"), ROWS, ids=[trap for trap, _ in ROWS])
def test_the_tests_that_it_names_are_there(trap: str, tests: str) -> None:
    named = re.findall(r'`(tests/[\w/]+\.py)(?:::(test_\w+)|: "([^"]+)")`', tests)
    assert named
    assert len(named) == tests.count("`") / 2, "a test is named in a form that is not looked for"
    for file, function, case in named:
        tree = ast.parse((ROOT / file).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert function in functions or case in texts, f"{file} has no {function or case}"
