"""Results as lines and as JSON."""

import json

import pytest

from kgen.present.problems import as_json, count, counted, line, text
from kgen.results import Result

FULL = Result(
    "found b, expected a; did you mean a?",
    rule="r",
    api_version="kgen.dev/v1alpha1",
    kind="AgentLink",
    namespace="team-a",
    name="l1",
    field="spec.to",
    current="b",
    proposed="a",
    file="links.yaml",
    index=2,
    line=7,
)


@pytest.mark.parametrize(
    "result, expected",
    [
        (FULL, "kgen: error: links.yaml:7: AgentLink team-a/l1: spec.to: found b, expected a; did you mean a?"),
        (Result("m", "warning", kind="Platform", name="default"), "kgen: warning: Platform default: m"),
        (Result("m", "info"), "kgen: note: m"),
        (Result("spec.two is no field", field="spec.two", file="f", line=3), "kgen: error: f:3: spec.two is no field"),
        (
            Result("f, patch 2: nothing at that path", kind="Job", namespace="a", name="j", file="f", line=4),
            "kgen: error: f:4: Job a/j: patch 2: nothing at that path",
        ),
        (Result("f does not exist", file="f"), "kgen: error: f does not exist"),
        (Result("m", file="f", index=3), "kgen: error: f: document 4: m"),
        (Result("a\nb\x1b[2J\u202ec", file="f\n"), "kgen: error: f\\n: a\n    b\\x1b[2J\\u202ec"),
        (Result("Zürich ✓"), "kgen: error: Zürich ✓"),
    ],
)
def test_one_line(result: Result, expected: str) -> None:
    assert line(result) == expected


def test_colours_only_when_asked_for() -> None:
    assert line(Result("m"), colour=True) == "kgen: \x1b[1;31merror\x1b[0m: m"


def test_order_and_repetition_of_discovery_do_not_show() -> None:
    found = [Result("z", file="b", line=1), Result("y", file="a", line=10), Result("x", file="a", line=9)]
    assert text(found) == text([*reversed(found), found[0]])
    assert text(found).splitlines()[0] == "kgen: error: a:9: x"
    assert count([*found, found[0]], "error") == 3
    assert [counted(1, "error"), counted(2, "error"), counted(0, "match", "matches")] == [
        "1 error",
        "2 errors",
        "0 matches",
    ]


def test_json_has_the_shape_of_kyaml() -> None:
    assert json.loads(as_json([FULL, Result("m", "info")])) == [
        {
            "message": "found b, expected a; did you mean a?",
            "severity": "error",
            "resourceRef": {
                "apiVersion": "kgen.dev/v1alpha1",
                "kind": "AgentLink",
                "namespace": "team-a",
                "name": "l1",
            },
            "field": {"path": "spec.to", "currentValue": "b", "proposedValue": "a"},
            "file": {"path": "links.yaml", "index": 2, "line": 7},
            "tags": {"rule": "r"},
        },
        {"message": "m", "severity": "info"},
    ]
