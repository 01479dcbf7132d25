"""How an AgentLink defines an agent that does not exist yet: `define` of an endpoint."""

from typing import Annotated, Any, Literal

from pydantic import Field

from kgen.kinds import patterns
from kgen.kinds.fields import (
    DataKey,
    Image,
    LabelKey,
    LabelValue,
    Model,
    ObjectName,
    SecretKey,
    Text,
    Url,
    absent,
    form,
    given,
    needed,
)


class ModelSource(Model):
    """The language model of an agent; kgen writes it as one ModelConfig a namespace and model."""

    provider: Annotated[str, form(patterns.PROVIDER)] = needed(
        "Provider, by the name that the ModelConfig of the kagent version has for it.",
        ["Anthropic", "OpenAI", "Ollama"],
    )
    model: Text = needed("Name of the model at the provider.", ["claude-sonnet-4-5"])
    api_key_secret_ref: SecretKey = absent("Secret with the API key, in the agent's namespace.")
    base_url: Url = absent("Address of the provider, where it is not the public one.", ["https://llm.example"])
    parameters: dict[str, Any] = absent("The provider's own block of the ModelConfig, verbatim.", [{"maxTokens": 4096}])


class ModelConfigReference(Model):
    """A ModelConfig that exists in the agent's namespace."""

    name: ObjectName = needed("Name of the ModelConfig.", ["default-model"])


class SystemMessageSource(Model):
    """A system message kept in a ConfigMap or Secret of the agent's namespace."""

    type: Literal["ConfigMap", "Secret"] = needed("Kind of the object.")
    name: ObjectName = needed("Name of the object.", ["prompts"])
    key: DataKey = needed("Key in its data.", ["orchestrator"])


class EnvironmentVariable(Model):
    """One variable of the agent's container (core/v1 EnvVar)."""

    name: Annotated[str, form(patterns.ENVIRONMENT_VARIABLE)] = needed("Name of the variable.", ["LOG_LEVEL"])
    value: str = absent("Literal value; refused under a name that looks like a secret.", ["info"])
    value_from: dict[str, Any] = absent(
        "Where the value comes from, verbatim (core/v1 EnvVarSource).", [{"secretKeyRef": {"name": "db", "key": "url"}}]
    )


class Skill(Model):
    """One skill that the agent card advertises."""

    id: Text = needed("Identifier of the skill.", ["plan"])
    name: Text = needed("Name for people.", ["Plan"])
    description: str = absent("What the skill does.")
    tags: Annotated[list[str], Field(max_length=20)] = absent("Keywords.")
    examples: Annotated[list[str], Field(max_length=20)] = absent("Requests that the skill answers.")


class Card(Model):
    """The agent card (A2A): what other agents learn about this one."""

    skills: Annotated[list[Skill], Field(min_length=1)] = absent("Skills that the card lists.")


class ImagePullSecret(Model):
    """A Secret with registry credentials, in the agent's namespace (core/v1 LocalObjectReference)."""

    name: ObjectName = needed("Name of the Secret.", ["registry"])


class Definition(Model):
    """The whole of an agent that kgen makes. Without it the agent is wired or external."""

    description: Annotated[str, Field(min_length=1, max_length=1024)] = needed(
        "What the agent does, as a calling model reads it.", ["Plans and delegates."]
    )
    runtime: Literal["python", "go"] = given("python", "kagent's runtime for declarative agents; always emitted.")
    system_message: Text = absent(
        "The agent's instructions. This, `systemMessageFrom` or `image` is required.", ["You plan."]
    )
    system_message_from: SystemMessageSource = absent("Where the instructions are kept, in place of `systemMessage`.")
    image: Image = absent(
        "Your own agent's image; excludes systemMessage, model and runtime.", ["registry.example/agent:1"]
    )
    command: list[str] = absent("Entry point, with `image`.")
    args: list[str] = absent("Arguments, with `image`.")
    env: list[EnvironmentVariable] = absent(
        "Environment variables of the agent's container.", [[{"name": "LOG_LEVEL", "value": "info"}]]
    )
    model: ModelSource = absent("The language model; Platform.spec.defaults.model where absent.")
    model_config_ref: ModelConfigReference = absent("A ModelConfig that exists, in place of `model`.")
    card: Card = absent("What the agent card says.")
    replicas: Annotated[int, Field(ge=0)] = absent("Number of pods; not emitted where absent.", [2])
    resources: dict[str, Any] = absent(
        "Requests and limits of the container, verbatim.", [{"requests": {"cpu": "100m", "memory": "256Mi"}}]
    )
    labels: dict[LabelKey, LabelValue] = absent(
        "Labels of the agent's pods; app, kagent, app.kubernetes.io/*, kgen.dev/* and rossoctl.io/type are refused."
    )
    image_pull_secrets: list[ImagePullSecret] = absent("Registry credentials.", [[{"name": "registry"}]])
