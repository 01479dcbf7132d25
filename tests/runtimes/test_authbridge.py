"""AuthBridge's configuration against a strict model of what each version reads (authlib/config, of its two releases).

AuthBridge itself ignores keys that it does not know, so a wrong one would be silent there: here it is an error.
"""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kgen.runtimes.authbridge import PLUGINS, Settings, config, denies, uses_spiffe

LOCAL = r"^127\.0\.0\.1:[0-9]+$"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Plugin(Strict):
    name: Literal[PLUGINS]  # type: ignore[valid-type]
    id: str | None = None
    on_error: Literal["enforce", "observe", "off"] | None = None
    config: dict[str, Any] | None = None


class Stage(Strict):
    plugins: list[Plugin]


class Filled(Strict):
    plugins: Annotated[list[Plugin], Field(min_length=1)]  # its config/validate.go refuses an empty list


class Stats(Strict):
    address: Annotated[str, Field(pattern=LOCAL)]  # shows the whole configuration to whoever asks


class Session(Strict):
    enabled: Literal[False]  # holds what agents say


class Spiffe(Strict):
    socket: Annotated[str, Field(pattern="^unix://")]
    mirror_files: bool
    mirror_dir: str | None = None


class Listener(Strict):
    forward_proxy_addr: Literal[":8081"]
    transparent_proxy_addr: Annotated[str, Field(pattern=LOCAL)]
    session_api_addr: Annotated[str, Field(pattern=LOCAL)]


class ListenerOf07(Listener):
    roles: list[Literal["forward"]]


class ListenerOf06(Listener):
    reverse_proxy_addr: Annotated[str, Field(pattern=LOCAL)]
    reverse_proxy_backend: Annotated[str, Field(pattern=r"^http://[a-z0-9-]+\.[a-z0-9-]+\.svc:[0-9]+$")]


class Disabled(Strict):
    mode: Literal["disabled"]


class Enabled(Strict):
    mode: Literal["enabled"]
    ca_dir: Literal["/etc/authbridge/tls-bridge-ca"]
    passthrough_hosts: list[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]] = []  # compared as they are, no patterns
    upstream_ca_bundle: str | None = None
    ports: list[int] = []


class EnabledOf07(Enabled):
    generate_ca: Literal[False]


class Forward(Strict):
    outbound: Stage


class Both(Strict):
    inbound: Filled
    outbound: Filled


class Common(Strict):
    mode: Literal["proxy-sidecar"]  # the binary refuses any other
    stats: Stats
    session: Session
    spiffe: Spiffe | None = None


class Of07(Common):
    listener: ListenerOf07
    pipeline: Forward
    tls_bridge: Disabled | EnabledOf07


class Of06(Common):
    listener: ListenerOf06
    pipeline: Both
    tls_bridge: Disabled | Enabled


MODELS: dict[str, type[Common]] = {"0.6": Of06, "0.7": Of07}
OPA = {"name": "opa", "config": {"bundle_url": "https://policies.example/bundle.tar.gz"}}
SPIFFE = {"name": "token-exchange", "config": {"identity": {"type": "spiffe", "jwt_audience": "a"}}}


def settings(version: str, **changes: Any) -> Settings:
    return Settings(version, True, (), (), "http://writer.beta.svc:8080")._replace(**changes)


@pytest.mark.parametrize("version", MODELS)
@pytest.mark.parametrize("opens", [True, False])
@pytest.mark.parametrize("hosts", [(), ("api.example.com",)])
@pytest.mark.parametrize("plugins", [(), (OPA,), (SPIFFE, {"name": "mcp-parser", "on_error": "observe"})])
def test_it_is_what_the_version_reads(version, opens, hosts, plugins):
    made = config(settings(version, opens_tls=opens, passthrough_hosts=hosts, plugins=plugins))
    MODELS[version].model_validate(made)
    assert ("spiffe" in made) == uses_spiffe(plugins)


def test_the_versions_differ_where_they_have_to():
    for version, other in (("0.6", "0.7"), ("0.7", "0.6")):
        with pytest.raises(ValidationError):
            MODELS[other].model_validate(config(settings(version)))


def test_trap_an_ephemeral_authority():
    """generate_ca makes each pod an authority of its own, which no agent can trust."""
    for version in MODELS:
        assert config(settings(version))["tls_bridge"].get("generate_ca") is not True
    assert config(settings("0.7"))["tls_bridge"]["generate_ca"] is False


def test_a_host_is_refused_by_opa_alone_and_only_where_its_refusals_count():
    assert denies((OPA,))
    assert denies(({**OPA, "on_error": "enforce"},))
    assert not denies(({**OPA, "on_error": "observe"},))
    assert not denies(({"name": "token-exchange"},))
    assert not denies(())
