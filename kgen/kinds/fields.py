"""What the models share: their strict base, the types of text, and how a field says that it may be absent.

A model says only what JSON Schema can say with plain keywords: no validator functions, no dates or
enum objects; a union is told apart by JSON type alone. Rules across fields belong to topology/.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from kgen.kinds import patterns
from kgen.kinds.patterns import Form


class Model(BaseModel):
    """Strict: no conversions, no unknown fields; written in camelCase."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, protected_namespaces=()
    )


def form(form: Form, shortest: int | None = None) -> Any:
    """Text of one form. `shortest` only where the pattern itself allows the empty text."""
    return Field(pattern=form.pattern, min_length=shortest, max_length=form.longest)


def absent(description: str, examples: list[Any] | None = None, alias: str | None = None) -> Any:
    """An optional field without a default: absent means absent, and null is not a way to write that."""
    return Field(default_factory=_nothing, description=description, examples=examples, alias=alias)


def given(default: Any, description: str, examples: list[Any] | None = None, alias: str | None = None) -> Any:
    """A field that is filled in with `default`, a JSON value that is checked like a written one."""
    return Field(default=default, validate_default=True, description=description, examples=examples, alias=alias)


def needed(description: str, examples: list[Any] | None = None, alias: str | None = None) -> Any:
    """A field that must be written."""
    return Field(description=description, examples=examples, alias=alias)


def _nothing() -> None:
    return None


Name = Annotated[str, form(patterns.NAME)]
AgentText = Annotated[str, form(patterns.AGENT)]
QualifiedAgent = Annotated[str, form(patterns.QUALIFIED_AGENT)]
AgentsText = Annotated[str, form(patterns.AGENTS)]
QualifiedAgents = Annotated[str, form(patterns.QUALIFIED_AGENTS)]
ObjectName = Annotated[str, form(patterns.OBJECT_NAME)]
DataKey = Annotated[str, form(patterns.DATA_KEY)]
Host = Annotated[str, form(patterns.HOST)]
TrustDomain = Annotated[str, form(patterns.TRUST_DOMAIN)]
Cidr = Annotated[str, form(patterns.CIDR)]
Address = Annotated[str, form(patterns.ADDRESS)]
Url = Annotated[str, form(patterns.URL)]
HttpsUrl = Annotated[str, form(patterns.HTTPS_URL)]
HttpPath = Annotated[str, form(patterns.HTTP_PATH)]
Header = Annotated[str, form(patterns.HEADER)]
Date = Annotated[str, form(patterns.DATE)]
Duration = Annotated[str, form(patterns.DURATION)]
WithinADay = Annotated[str, form(patterns.WITHIN_A_DAY)]
Image = Annotated[str, form(patterns.IMAGE)]
Folder = Annotated[str, form(patterns.FOLDER)]
LabelKey = Annotated[str, form(patterns.LABEL_KEY)]
LabelValue = Annotated[str, form(patterns.LABEL_VALUE)]
Port = Annotated[int, Field(ge=1, le=65535)]
Ports = Annotated[list[Port], Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]


class SecretKey(Model):
    """One key of a Secret. Only the reference is ever written; kgen never reads the value."""

    name: ObjectName = needed("Name of the Secret.", ["specialist-token"])
    key: DataKey = needed("Key in the Secret's data.", ["token"])


class LinkMetadata(Model):
    """Name and place of an AgentLink."""

    name: Name = needed("Name of the document; it names nothing in the cluster.", ["orchestrator-to-specialist"])
    namespace: Name = absent(
        "The caller's namespace, and the one in which agents without a namespace are sought.", ["team-alpha"]
    )
    labels: dict[str, str] = absent("Kept out of generated objects; kustomize and kpt write here.")
    annotations: dict[str, str] = absent("Kept out of generated objects; kustomize and kpt write here.")


class GrantMetadata(Model):
    """Name and place of an AgentGrant."""

    name: Name = needed("Name of the document; it names nothing in the cluster.", ["specialist"])
    namespace: Name = needed("The callee's namespace; the grant speaks for agents of this one only.", ["team-beta"])
    labels: dict[str, str] = absent("Kept out of generated objects; kustomize and kpt write here.")
    annotations: dict[str, str] = absent("Kept out of generated objects; kustomize and kpt write here.")


class PlatformMetadata(Model):
    """Name of a Platform."""

    name: Name = given(
        "default", "Name of the environment; cluster-scoped objects end in it. In an overlay: its folder's name."
    )
    namespace: Name = absent("Without meaning: a Platform belongs to no namespace; kustomize may write it.")
    labels: dict[str, str] = absent("Kept out of generated objects; kustomize and kpt write here.")
    annotations: dict[str, str] = absent("Kept out of generated objects; kustomize and kpt write here.")
