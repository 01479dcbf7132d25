"""What the Platform says of machines: resolved, or refused with the whole message."""

from kgen.results import Refused, Result
from kgen.topology.machines import AccessHost, Gateway, Key, Kms, Machines, Published, machines, wants_agents
from tests.topology.build import TODAY, build, call, platform_of
from tests.topology.samples import agent

ANN = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
BEN = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="
SERVER = "network: {apiServer: {cidrs: [10.0.0.10/32]}}\n"
NGINX = "machineFiles: {nginx: {serverName: a.example.com, resolver: 10.96.0.10, agents: [%s]}}"
ENTRANCE = "network: {infrastructure: {nginx: {direction: Ingress, cidr: 10.1.0.1/32, agents: [alpha/planner]}}}\n"


def operator(name: str, key: str, address: str, since: str = "2026-06-01") -> str:
    return f'{name}: {{publicKey: {key}, address: {address}, since: "{since}"}}'


def wireguard(*operators: str, since: str = "2026-06-01", address: str = "10.98.0.1/24") -> str:
    people = ", ".join(operators)
    return f'machineFiles: {{wireguard: {{address: {address}, since: "{since}", operators: {{{people}}}}}}}'


def resolved(spec: str, text: str = "") -> Machines:
    agents = build(text, spec).agents if text else ()
    return machines(platform_of(spec), agents, lambda: TODAY)


def said(spec: str, text: str = "") -> list[tuple[str, str, str]]:
    """Severity, field and message of everything that is said, refused or not."""
    results: tuple[Result, ...]
    try:
        results = resolved(spec, text).results
    except Refused as refused:
        results = tuple(refused.results)
    return [(result.severity, result.field, result.message) for result in results]


def never() -> str:
    raise AssertionError("the date was asked for")


def test_without_a_word_nothing_is_made_and_no_date_asked_for() -> None:
    assert machines(platform_of(""), (), never) == Machines(None, None, None, ())
    assert not wants_agents(platform_of(""))


def test_an_access_host() -> None:
    assert resolved(SERVER + wireguard(operator("ann", ANN, "10.98.0.2"))).access == AccessHost(
        "wg0", "10.98.0.1/24", 51820, 22, 90, Key("", "", "10.98.0.1/24", "2026-06-01", "2026-08-30"),
        (Key("ann", ANN, "10.98.0.2", "2026-06-01", "2026-08-30"),), ("10.0.0.10/32",), 6443,
    )  # fmt: skip


def test_a_gateway_knows_the_services_of_what_it_publishes() -> None:
    spec = ENTRANCE + NGINX % "alpha/*"
    assert wants_agents(platform_of(spec))
    found = resolved(spec, agent() + call("alpha/planner", "beta/writer"))
    assert found.gateway == Gateway(
        "a.example.com", "/etc/nginx/tls/agents.crt", "/etc/nginx/tls/agents.key", "10.96.0.10", 10, 20, 10,
        (Published("alpha/planner", "planner.alpha.svc.cluster.local:8080"),),
    )  # fmt: skip
    assert found.results == ()


def test_a_kms() -> None:
    spec = "machineFiles: {encryption: {name: vault-kms, endpoint: 'unix:///run/kms.sock', readUnencrypted: false}}"
    assert resolved(spec).kms == Kms("vault-kms", "unix:///run/kms.sock", 3, False)


def test_a_key_past_its_last_day() -> None:
    spec = SERVER + wireguard(operator("ann", ANN, "10.98.0.2", "2026-03-16"), since="2026-03-17")
    assert said(spec) == [
        (
            "warning",
            'spec.machineFiles.wireguard.operators["ann"].since',
            "the key of ann was good until 2026-06-14 (today is 2026-06-15): make a new one, and write its day here",
        )
    ]
    [(_, field, message)] = said(SERVER + wireguard(since="2026-01-01"))
    assert field == "spec.machineFiles.wireguard.since"
    assert message.startswith("the access host's own key was good until 2026-04-01")


def test_what_is_refused() -> None:
    people = (
        operator("ann", ANN, "10.98.0.2"),
        operator("ben", ANN, "10.98.0.2"),
        operator("cyd", BEN, "10.99.0.3", "2026-06-16"),
        operator("dan", BEN.replace("T", "U"), "10.98.0.1", "2026-02-30"),
    )
    field = 'spec.machineFiles.wireguard.operators["{}"].{}'
    assert said(wireguard(*people)) == [
        (
            "error",
            "spec.network.apiServer.cidrs",
            "the access host lets operators through to the API server alone: list its addresses, e.g. [10.0.0.10/32]",
        ),
        (
            "error",
            field.format("cyd", "since"),
            "found 2026-06-16, which is after 2026-06-15: write the day on which the key was made",
        ),
        (
            "error",
            field.format("dan", "since"),
            "found 2026-02-30, which is no day: write the day on which the key was made, as YYYY-MM-DD",
        ),
        (
            "error",
            field.format("ben", "address"),
            "found 10.98.0.2, which ann has already: give each an address of its own",
        ),
        ("error", field.format("ben", "publicKey"), "is the key of ann already: each has a key of their own"),
        (
            "error",
            field.format("cyd", "address"),
            "found 10.99.0.3, which is not in the VPN's network 10.98.0.0/24: write one that is",
        ),
        (
            "error",
            field.format("dan", "address"),
            "found 10.98.0.1, which the access host has already: give each an address of its own",
        ),
    ]


def test_addresses_that_only_look_like_some() -> None:
    spec = 'network: {apiServer: {cidrs: ["1::2::3/64"]}}\n' + wireguard(address='"1::2::3/64"')
    assert said(spec) == [
        (
            "error",
            "spec.network.apiServer.cidrs[0]",
            "found 1::2::3/64, which is no block of addresses: write one, e.g. 10.0.0.10/32",
        ),
        (
            "error",
            "spec.machineFiles.wireguard.address",
            "found 1::2::3/64, which is no address with the length of its network: write e.g. 10.98.0.1/24",
        ),
    ]
    spec = SERVER + wireguard(operator("ann", ANN, '"1::2::3"'))
    assert said(spec) == [
        (
            "error",
            'spec.machineFiles.wireguard.operators["ann"].address',
            "found 1::2::3, which is no address: write one of 10.98.0.0/24",
        )
    ]


def test_published_agents_are_of_this_run_and_let_the_front_end_in() -> None:
    text = agent() + call("alpha/planner", "beta/writer")
    field = "spec.machineFiles.nginx.agents[0]"
    assert said(NGINX % "alpha/planer", text) == [
        (
            "error",
            field,
            "found alpha/planer, which is no agent of this run: correct it or take it out; there are: alpha/planner, "
            "beta/writer",
        )
    ]
    assert said(NGINX % "alpha/planner", text) == [
        (
            "warning",
            field,
            "alpha/planner is published, but its policies let no front end in: name the machine in "
            "spec.network.infrastructure, {direction: Ingress, cidr: ..., agents: [...]}",
        )
    ]
