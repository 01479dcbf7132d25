"""What is said of wrong input, word for word, and what is never said."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from kgen import kinds
from kgen.kinds.secrecy import looks_secret, may_show
from kgen.manifests import parse_path
from kgen.results import ERROR, Result
from tests.kinds.documents import BASELINE, EVERYTHING, broken, document, of_kind

CASES = yaml.safe_load((Path(__file__).parent / "messages.yaml").read_text())


def refused(value: dict[str, Any], layers: frozenset[str] = BASELINE) -> list[Result]:
    taken, results = kinds.check(document(value), layers)
    assert taken is None
    assert results
    return results


def of_spec(kind: str, text: str) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "y"} if kind == "AgentGrant" else {"name": "x"}
    spec = yaml.safe_load("{" + text + "}")
    return {"apiVersion": kinds.API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}: {case['spec']}" for case in CASES])
def test_message(case: dict[str, Any]) -> None:
    results = refused(of_spec(case["kind"], case["spec"]))
    assert [result.message for result in results] == case["says"]
    for result in results:
        assert (result.severity, result.kind, result.name) == (ERROR, case["kind"], "x")
        assert result.message.startswith(result.field)
        assert parse_path(result.field)


def test_every_message_says_what_to_do() -> None:
    deeds = (
        "write ",
        "did you mean ",
        "belongs under ",
        "remove it",
        "add one",
        "keep to ",
        "quote it",
        "leave it out",
    )
    deeds += ("choose ", "name one of ")
    for case in CASES:
        for message in case["says"]:
            assert any(deed in message for deed in deeds), message


def test_where_the_document_is_stands_in_the_result() -> None:
    value = {
        "apiVersion": kinds.API_VERSION,
        "kind": "AgentLink",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": 5,
    }
    (result,) = kinds.check(document(value, "links/a.yaml", 3), BASELINE)[1]
    assert (result.file, result.index, result.namespace, result.name) == ("links/a.yaml", 3, "b", "a")
    assert (result.rule, result.field, result.current, result.proposed) == ("wrong-type", "spec", None, None)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            {"apiVersion": "kgen.dev/v1", "kind": "AgentLink"},
            'apiVersion: found "kgen.dev/v1", expected kgen.dev/v1alpha1: write apiVersion: kgen.dev/v1alpha1',
        ),
        (
            {"apiVersion": kinds.API_VERSION, "kind": "AgentLnk"},
            'kind: found "AgentLnk", expected AgentLink, AgentGrant or Platform: did you mean AgentLink?',
        ),
        (
            {"apiVersion": kinds.API_VERSION, "kind": "Agent"},
            'kind: found "Agent", expected AgentLink, AgentGrant or Platform: did you mean AgentLink?',
        ),
        (
            {"apiVersion": kinds.API_VERSION},
            "kind: found null, expected AgentLink, AgentGrant or Platform: write one of them",
        ),
    ],
)
def test_kinds_that_there_are_not(head: dict[str, Any], message: str) -> None:
    assert [result.message for result in refused({**head, "metadata": {"name": "x"}})] == [message]


def test_an_overlay_is_a_platform() -> None:
    value = {"apiVersion": kinds.API_VERSION, "kind": "AgentLink", "metadata": {"name": "x"}}
    _, results = kinds.check_fragment(document(value), BASELINE)
    assert [result.message for result in results] == [
        'kind: found "AgentLink", expected Platform: an overlay is a fragment of the Platform'
    ]


def test_all_problems_of_a_document_at_once_up_to_a_number() -> None:
    value = of_spec("AgentLink", "from: a/b")
    value["spec"] |= {f"unknown{number}": 1 for number in range(200)}
    assert len(refused(value)) == 50


def test_keys_that_are_not_fit_to_be_read_are_not_repeated() -> None:
    value = of_spec("AgentLink", "from: a/b")
    value["spec"]["\x1b[31mred"] = 1
    value["spec"]["x" * 1000] = 1
    messages = [(result.field, result.message) for result in refused(value)]
    assert messages == [("spec", "spec has a key that is no field of AgentLink: remove it")] * 2


def test_endless_numbers_are_not_repeated() -> None:
    value = of_spec("AgentLink", "from: a/b, suspend: 0")
    value["spec"]["suspend"] = 10**5000
    (result,) = refused(value)
    assert result.message == "spec.suspend: found a number (not shown), expected true or false: write true or false"
    assert result.current is None


SECRET = "hunter2-secret-value"


@pytest.mark.parametrize(
    "text",
    [
        f"from: a/b, delegation: {{secretRef: {SECRET}}}",
        f"from: a/b, delegation: {{secretRef: {{name: '{SECRET}!', key: x}}}}",
        f"from: a/b, delegation: {{token: {SECRET}, secretRef: {{name: x, key: y}}}}",
        f"from: a/b, delegation: {SECRET}",
        f"from: a/b, password: {SECRET}",
        f"from: a/b, rotation: [{SECRET}]",
        f"from: {{name: a, define: {{description: x, env: [{{name: API, value: [{SECRET}]}}]}}}}",
        f"from: {{name: a, define: {{description: x, env: {SECRET}}}}}",
        f"from: {{name: a, define: {{description: x, args: {SECRET}}}}}",
        f"from: {{name: a, define: {{description: x, model: {{provider: A, model: b, apiKeySecretRef: {SECRET}}}}}}}",
        f"from: {{name: a, define: {{description: x, model: {{provider: A, model: b, parameters: {SECRET}}}}}}}",
        f"from: {{name: a, define: {{description: x, systemMessageFrom: {{type: Secret, key: '{SECRET}!'}}}}}}",
    ],
)
def test_what_may_be_a_secret_is_never_shown(text: str) -> None:
    results = refused(of_spec("AgentLink", text))
    assert [result for result in results if SECRET in repr(result)] == []


@given(data=st.data())
def test_only_scalars_are_shown(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(kinds.KINDS))
    value = broken(data.draw(of_kind(kind)), data)
    _, results = kinds.check(document(value), EVERYTHING)
    for result in results:
        assert not isinstance(result.current, (dict, list))
        assert not isinstance(result.proposed, (dict, list))
        assert len(result.message) < 700
        assert result.message.isprintable()


def test_names_of_secrets() -> None:
    secret = ["apiKey", "API_KEY", "token", "X-Agent-Token", "dbPassword", "client_secret", "AUTHORIZATION", "key"]
    assert [name for name in secret if not looks_secret(name)] == []
    assert [name for name in ["name", "namespace", "host", "model", "keyboard", "from"] if looks_secret(name)] == []
    assert may_show(("spec", "to", 1, "name"))
    assert not may_show(("spec", "from", "define", "env", 0, "name"))
