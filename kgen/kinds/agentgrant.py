"""AgentGrant: the callee's side of a link: who may call, and on what terms."""

from typing import Annotated, Any, Literal

from pydantic import Field

from kgen.kinds.fields import (
    AgentsText,
    AgentText,
    Date,
    GrantMetadata,
    Header,
    HttpsUrl,
    Model,
    Text,
    absent,
    given,
    needed,
)

Count = Annotated[int, Field(ge=1)]


class Limits(Model):
    """How much the callee takes. Grants of one callee must agree."""

    requests_per_second: Count = given(10, "Requests a second that are let through.")
    burst: Count = given(20, "Requests that may come at once.")
    max_connections: Count = given(10, "Open connections.")


class TokenHeader(Model):
    """The header that carries the token."""

    name: Header = given("Authorization", "Name of the header.")
    prefix: str = given("Bearer ", "What stands before the token in the header.")


class RequiredClaim(Model):
    """A claim that the token must have, with one of the values."""

    name: Text = needed("Name of the claim.", ["roles"])
    values: Annotated[list[Text], Field(min_length=1)] = needed("Values of which one must be there.", [["delegate"]])


class Jwt(Model):
    """The token that a caller must show. Its keys come from `jwksUri` or `jwks`."""

    issuer: HttpsUrl = needed("Issuer of the token.", ["https://idp.example.com"])
    audiences: Annotated[list[Text], Field(min_length=1)] = needed(
        "Audiences, one of them in the token.", [["specialist"]]
    )
    jwks_uri: HttpsUrl = absent("Where the keys are published.", ["https://idp.example.com/keys"])
    jwks: dict[str, Any] = absent("The public keys themselves (a JSON Web Key Set).")
    from_header: TokenHeader = given({}, "The header that carries the token.")
    required_claims: list[RequiredClaim] = given([], "Claims that the token must have.")


class AgentGrantSpec(Model):
    """Who may call the callees, and on what terms."""

    from_: Annotated[list[AgentsText], Field(min_length=1)] = needed(
        "The callers; namespace/* is every agent of a namespace.", [["team-alpha/orchestrator", "ops/*"]], alias="from"
    )
    to: AgentText | Annotated[list[AgentText], Field(min_length=1)] = needed(
        "The callees: one or a list, agents of metadata.namespace.", ["specialist"]
    )
    valid_until: Date = absent("Last day of the grant, in UTC; acts when rendered.", ["2027-03-31"])
    limits: Limits = absent("How much the callee takes.")
    jwt: Jwt = absent("The token that a caller must show.")


class AgentGrant(Model):
    """The callee's side of a link: who may call, and on what terms. Lives with the callee's team."""

    api_version: Literal["kgen.dev/v1alpha1"] = needed("Version of the kind.")
    kind: Literal["AgentGrant"] = needed("The kind.")
    metadata: GrantMetadata = needed("Name and place; the namespace is the callee's.")
    spec: AgentGrantSpec = needed("Who may call, and on what terms.")
