"""What `check` says of links and grants that end soon."""

import pytest

from kgen.results import WARNING
from kgen.topology.validity import ending
from tests.topology.build import documents, link

GRANT = """
---
apiVersion: kgen.dev/v1alpha1
kind: AgentGrant
metadata: {name: writer, namespace: beta}
spec: {from: [alpha/planner], to: writer, validUntil: "%s"}
"""


def told(text, today="2026-06-15"):
    return list(ending(documents({"in.yaml": text}), lambda: today))


def one(until, today="2026-06-15"):
    return told(link(f'from: alpha/planner\nto: beta/writer\nvalidUntil: "{until}"', "planner"), today)


@pytest.mark.parametrize(
    "until, when",
    [
        ("2026-06-15", "today"),
        ("2026-06-16", "in 1 day"),
        ("2026-06-29", "in 14 days"),
    ],
)
def test_two_weeks_ahead_a_link_is_named(until, when):
    [result] = one(until)
    assert result.message == (
        f"{until} is its last day, {when} (today is 2026-06-15): after it what it asks for is left out; renew it, or "
        "delete it"
    )
    assert (result.severity, result.file, result.field) == (WARNING, "in.yaml", "spec.validUntil")
    assert (result.kind, result.name) == ("AgentLink", "planner")


@pytest.mark.parametrize("until", ["2026-06-30", "2026-06-14", "2027-06-15"])
def test_earlier_and_later_ones_are_not(until):
    assert one(until) == []


def test_over_the_end_of_a_year():
    [result] = one("2027-01-03", "2026-12-31")
    assert "in 3 days" in result.message


def test_a_grant_too():
    [result] = told(GRANT % "2026-06-20")
    assert result.message.startswith("2026-06-20 is its last day, in 5 days")
    assert (result.kind, result.name) == ("AgentGrant", "writer")
    assert "nobody is admitted by it" in result.message


def test_the_day_is_asked_for_only_where_something_ends():
    def never():
        raise AssertionError("the date is an input")

    assert list(ending(documents({"in.yaml": link("from: alpha/planner\nto: beta/writer")}), never)) == []
    foreign = "apiVersion: example.com/v1\nkind: AgentLink\nmetadata: {name: x}\nspec: {validUntil: '2026-06-15'}\n"
    assert list(ending(documents({"in.yaml": foreign}), never)) == []
    assert one("2026-02-31") == []  # refused elsewhere
