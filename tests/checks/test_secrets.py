"""Secret values: never in what kgen makes, never shown."""

import pytest

from kgen.kinds.secrecy import holds_secret

from .build import agent, deployment, lint, manifest

VALUE = "hunter2-hunter2"


def test_a_generated_secret_with_values_is_an_error_and_one_of_the_input_is_not() -> None:
    secret = manifest("Secret", "a/b", data={"k": VALUE}, stringData={"k": VALUE})
    assert [r.field for r in lint("secrets", secret, layer="secrets")] == ["data", "stringData"]
    assert lint("secrets", secret) == []
    assert lint("secrets", manifest("Secret", "a/b"), layer="secrets") == []


def test_a_literal_under_a_secret_name_is_found_in_agents_and_workloads_and_not_shown() -> None:
    env = [{"name": "API_KEY", "value": VALUE}, {"name": "API_KEY_FILE", "value": "/run/key"}]
    byo = manifest("Agent", "a/b", "kagent.dev/v1alpha2", spec={"byo": {"deployment": {"env": env}}})
    plain = deployment("a/c", containers=[{"name": "main", "env": env}])
    found = lint("secrets", byo, plain, agent("a/d"))
    assert [(r.severity, r.field) for r in found] == [
        ("warning", "spec.byo.deployment.env[0].value"),
        ("warning", "spec.template.spec.containers[0].env[0].value"),
    ]
    assert not any(VALUE in str(r) for r in found)
    assert {r.severity for r in lint("secrets", byo, layer="agents")} == {"error"}


@pytest.mark.parametrize(
    "name",
    [
        *("PASSWORD", "DB_PASSWORD", "apiKey", "GITHUB_TOKEN", "client-secret", "AWS_SECRET_ACCESS_KEY"),
        *("passwords", "USER_PASSWORDS", "api_keys", "apiKeys", "APIKEYS", "private-keys", "tokens", "API_TOKENS"),
        *("refreshTokens", "ACCESS_TOKENS"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert holds_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("TOKENIZER", "MAX_TOKENS", "TOKEN_FILE", "SECRET_NAME", "KEYBOARD", "PASSWORD_PATH", "TOKEN_URL"),
        *("max_tokens", "maxTokens", "num_tokens", "TOKENS_PER_MINUTE", "token_budget", "tokenLimit", "token_count"),
        *("max_completion_tokens", "PASSWORDLESS", "STOP_TOKENS", "output_tokens", "api_keys_file", "token_usage"),
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not holds_secret(name)
