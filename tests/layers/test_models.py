"""The layer models: one ModelConfig for each that the topology asks for."""

from kgen.topology.types import Model
from tests.layers.build import instances, manifest, objects, topology

CLAUDE = Model("team-alpha", "default-model", "Anthropic", "claude-sonnet-4-5", "anthropic", "api-key", "anthropic", {})


def test_a_model_refers_to_its_key(kagent_problems):
    made = objects("models", topology(models=(CLAUDE,)))
    assert made == {
        "ModelConfig team-alpha/default-model": manifest(
            """
            apiVersion: kagent.dev/v1alpha2
            kind: ModelConfig
            metadata:
              name: default-model
              namespace: team-alpha
            spec:
              provider: Anthropic
              model: claude-sonnet-4-5
              apiKeySecret: anthropic
              apiKeySecretKey: api-key
            """
        )
    }
    assert kagent_problems(*made.values()) == []


def test_parameters_stand_in_the_providers_own_block(kagent_problems):
    parameters = {"baseUrl": "https://llm.example", "maxTokens": 1024}
    made = objects("models", topology(models=(CLAUDE._replace(parameters=parameters),)))
    one = made["ModelConfig team-alpha/default-model"]
    assert one["spec"]["anthropic"] == parameters
    assert kagent_problems(one) == []


def test_no_key_and_no_block_where_there_are_none(kagent_problems):
    ollama = CLAUDE._replace(provider="Ollama", model="llama3", secret="", secret_key="", block="ollama")
    made = objects("models", topology(models=(ollama,)))
    assert made["ModelConfig team-alpha/default-model"]["spec"] == {"provider": "Ollama", "model": "llama3"}
    assert kagent_problems(*made.values()) == []


def test_some_providers_take_a_secret_without_key():
    bedrock = CLAUDE._replace(provider="Bedrock", secret_key="", block="bedrock", parameters={"region": "eu-west-1"})
    spec = objects("models", topology(models=(bedrock,)))["ModelConfig team-alpha/default-model"]["spec"]
    assert spec["apiKeySecret"] == "anthropic"
    assert "apiKeySecretKey" not in spec


def test_wave():
    assert {one.wave for one in instances("models", topology(models=(CLAUDE,))).values()} == {-3}
