"""Machines around the cluster, resolved and judged: what `kgen machine-files` writes its files from."""

from collections.abc import Callable, Sequence

from kgen.manifests import Document
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, WARNING, Refused, Result
from kgen.topology.calls import fits
from kgen.topology.days import later
from kgen.topology.index import about
from kgen.topology.types import Agent


class Key(NamedTuple):
    """A WireGuard key by its dates; the host's own has no public key here."""

    name: str
    public_key: str
    address: str
    since: str  # YYYY-MM-DD
    until: str  # the last day on which it is good


class AccessHost(NamedTuple):
    """The operators' way in."""

    interface: str
    address: str
    listen_port: int
    ssh_port: int
    max_key_age: int
    host: Key
    operators: tuple[Key, ...]
    api_servers: tuple[str, ...]
    api_port: int


class Published(NamedTuple):
    """One agent behind the nginx."""

    path: str  # namespace/name
    upstream: str  # host:port of its Service


class Gateway(NamedTuple):
    """The nginx in front of agents."""

    server_name: str
    certificate: str
    certificate_key: str
    resolver: str
    requests_per_second: int
    burst: int
    max_connections: int
    agents: tuple[Published, ...]


class Kms(NamedTuple):
    """Who encrypts what etcd holds."""

    name: str
    endpoint: str
    timeout_seconds: int
    read_unencrypted: bool


class Machines(NamedTuple):
    access: AccessHost | None
    gateway: Gateway | None
    kms: Kms | None
    results: tuple[Result, ...]


def wants_agents(platform: Document) -> bool:
    """Whether the files are about agents of the run, so that its links have to be read."""
    return bool(platform.manifest["spec"]["machineFiles"].get("nginx"))


def machines(platform: Document, agents: Sequence[Agent], as_of: Callable[[], str]) -> Machines:
    """What a resolved Platform says of its machines. `as_of` is asked only where a key has an age.

    Raises Refused with every problem found.
    """
    spec, results = platform.manifest["spec"], list[Result]()
    given = spec["machineFiles"]
    made = Machines(
        _access(platform, given["wireguard"], spec["network"]["apiServer"], as_of, results)
        if given.get("wireguard")
        else None,
        _gateway(platform, given["nginx"], agents, results) if given.get("nginx") else None,
        _kms(given["encryption"]) if given.get("encryption") else None,
        (),
    )
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    return made._replace(results=tuple(results))


def _access(
    platform: Document, given: dict[str, Any], server: dict[str, Any], as_of: Callable[[], str], results: list[Result]
) -> AccessHost:
    field = "spec.machineFiles.wireguard"
    if not server["cidrs"]:
        message = (
            "the access host lets operators through to the API server alone: list its addresses, e.g. [10.0.0.10/32]"
        )
        results.append(about(platform, "machine-files", "spec.network.apiServer.cidrs", message))
    _addresses(platform, server["cidrs"], results)
    age, today = given["maxKeyAge"], as_of()
    host = _key("", {"since": given["since"], "address": given["address"]}, field, age, today, platform, results)
    keys = [
        _key(name, each, f'{field}.operators["{name}"]', age, today, platform, results)
        for name, each in sorted(given["operators"].items())
    ]
    _distinct(platform, given["address"], keys, results)
    return AccessHost(
        given["interface"],
        given["address"],
        given["listenPort"],
        given["sshPort"],
        age,
        host,
        tuple(keys),
        tuple(server["cidrs"]),
        server["port"],
    )


def _key(
    name: str, given: dict[str, Any], field: str, age: int, today: str, platform: Document, results: list[Result]
) -> Key:
    """A key with the last day on which it is good; one that is older is said, one of no day is refused."""
    since, whose = given["since"], f"the key of {name}" if name else "the access host's own key"
    until = later(since, age)
    if not until:
        message = f"found {since}, which is no day: write the day on which the key was made, as YYYY-MM-DD"
        results.append(about(platform, "machine-files", f"{field}.since", message))
        return Key(name, given.get("publicKey") or "", given["address"], since, since)
    if since > today:
        message = f"found {since}, which is after {today}: write the day on which the key was made"
        results.append(about(platform, "machine-files", f"{field}.since", message))
    elif until < today:
        message = f"{whose} was good until {until} (today is {today}): make a new one, and write its day here"
        results.append(about(platform, "key-age", f"{field}.since", message, WARNING))
    return Key(name, given.get("publicKey") or "", given["address"], since, until)


def _addresses(platform: Document, cidrs: list[str], results: list[Result]) -> None:
    """The pattern of a kind lets some texts through that are no block of addresses."""
    from ipaddress import ip_network

    for position, cidr in enumerate(cidrs):
        try:
            ip_network(cidr, strict=False)
        except ValueError:
            message = f"found {cidr}, which is no block of addresses: write one, e.g. 10.0.0.10/32"
            results.append(about(platform, "machine-files", f"spec.network.apiServer.cidrs[{position}]", message))


def _distinct(platform: Document, network: str, keys: list[Key], results: list[Result]) -> None:
    """Two peers of one key or address take each other's packets; one outside the network gets none."""
    from ipaddress import ip_address, ip_interface

    try:
        interface = ip_interface(network)
    except ValueError:
        message = f"found {network}, which is no address with the length of its network: write e.g. 10.98.0.1/24"
        results.append(about(platform, "machine-files", "spec.machineFiles.wireguard.address", message))
        return
    addresses, public_keys = {str(interface.ip): "the access host"}, dict[str, str]()
    for key in keys:
        field = f'spec.machineFiles.wireguard.operators["{key.name}"]'
        try:
            address = ip_address(key.address)
        except ValueError:
            message = f"found {key.address}, which is no address: write one of {interface.network}"
            results.append(about(platform, "machine-files", f"{field}.address", message))
            continue
        if address not in interface.network:
            message = f"found {key.address}, which is not in the VPN's network {interface.network}: write one that is"
            results.append(about(platform, "machine-files", f"{field}.address", message))
        if (first := addresses.setdefault(str(address), key.name)) != key.name:
            message = f"found {key.address}, which {first} has already: give each an address of its own"
            results.append(about(platform, "machine-files", f"{field}.address", message))
        if (first := public_keys.setdefault(key.public_key, key.name)) != key.name:
            message = f"is the key of {first} already: each has a key of their own"
            results.append(about(platform, "machine-files", f"{field}.publicKey", message))


def _gateway(platform: Document, given: dict[str, Any], agents: Sequence[Agent], results: list[Result]) -> Gateway:
    domain, found = platform.manifest["spec"]["clusterDomain"], dict[str, Published]()
    for position, pattern in enumerate(given["agents"]):
        hit = [agent for agent in agents if fits(pattern, (agent.namespace, agent.name))]
        field = f"spec.machineFiles.nginx.agents[{position}]"
        if not hit:
            near = ", ".join(f"{agent.namespace}/{agent.name}" for agent in agents[:5]) or "none"
            message = f"found {pattern}, which is no agent of this run: correct it or take it out; there are: {near}"
            results.append(about(platform, "machine-files", field, message))
        for agent in hit:
            path, end = f"{agent.namespace}/{agent.name}", agent.endpoint
            found[path] = Published(path, f"{end.service}.{end.namespace}.svc.{domain}:{end.service_port}")
            if not any(flow.name.startswith("infrastructure ") for flow in agent.ingress):
                message = (
                    f"{path} is published, but its policies let no front end in: name the machine in "
                    "spec.network.infrastructure, {direction: Ingress, cidr: ..., agents: [...]}"
                )
                results.append(about(platform, "machine-files", field, message, WARNING))
    limits = given["limits"]
    return Gateway(
        given["serverName"],
        given["certificate"],
        given["certificateKey"],
        given["resolver"],
        limits["requestsPerSecond"],
        limits["burst"],
        limits["maxConnections"],
        tuple(found[path] for path in sorted(found)),
    )


def _kms(given: dict[str, Any]) -> Kms:
    return Kms(given["name"], given["endpoint"], given["timeoutSeconds"], given["readUnencrypted"])
