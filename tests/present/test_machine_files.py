"""The files for machines: what each emitter writes, and that no value becomes anything but itself."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, strategies as st

from kgen.load.machine_files import constant
from kgen.present import machine_files
from kgen.present.machine_files import encryption, nftables, nginx, rotation, ufw, wireguard
from kgen.topology.machines import AccessHost, Gateway, Key, Kms, Machines, Published

ANN = Key("ann", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", "10.98.0.2", "2026-06-01", "2026-08-30")
BEN = Key("ben", "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=", "fd00:98::3", "2026-06-02", "2026-08-31")
HOST = AccessHost(
    "wg0", "10.98.0.1/24", 51820, 22, 90, Key("", "", "10.98.0.1/24", "2026-06-01", "2026-08-30"),
    (ANN, BEN), ("10.20.0.0/28", "fd00:20::10/128"), 6443,
)  # fmt: skip
GATEWAY = Gateway(
    "agents.example.com", "/etc/nginx/tls/a.crt", "/etc/nginx/tls/a.key", "fd00::10", 10, 20, 10,
    (Published("support/triage", "triage.support.svc.cluster.local:8080"),),
)  # fmt: skip
KMS = Kms("vault-kms", "unix:///run/kms/kms.sock", 3, True)
REFERENCE = {"secrets": {"provider": "Reference", "refreshInterval": "24h", "rotationNudge": "Disabled"}}


def written(machines: Machines) -> dict[str, str]:
    return dict(machine_files.pieces(machines, REFERENCE, constant))


def test_what_is_written_always_and_for_everything() -> None:
    always = {"CHECKLIST.md", "ROTATION.md", "control-plane/etc/kubernetes/audit-policy.yaml"}
    assert set(written(Machines(None, None, None, ()))) == always
    everything = written(Machines(HOST, GATEWAY, KMS, ()))
    assert set(everything) == always | {
        "control-plane/etc/kubernetes/encryption.yaml",
        "access-host/etc/kgen/access.nft",
        "access-host/etc/kgen/access-sets.nft",
        "access-host/etc/kgen/ufw-rules.tsv",
        "access-host/etc/kgen/keys.tsv",
        "access-host/etc/wireguard/wg0.conf",
        "access-host/usr/local/sbin/kgen-ufw",
        "access-host/usr/local/sbin/kgen-key-age",
        "gateway/etc/nginx/conf.d/kgen-agents.conf",
        "gateway/etc/nginx/kgen/zones.conf",
        "gateway/etc/nginx/kgen/server.conf",
        "gateway/etc/nginx/kgen/agents.map",
    }
    assert not [path for path, text in everything.items() if not text.endswith("\n")]


def test_every_constant_file_is_written_by_somebody_and_has_no_hole(root: Path) -> None:
    folder = root / "bases/machine-files/files"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {*machine_files.ALWAYS, *machine_files.ACCESS, *machine_files.GATEWAY}
    for path in files:
        text = (folder / path).read_text()
        assert constant(path) == text
        assert not re.search(r"\{\{|\$\{ ", text), path


def test_no_private_key_is_in_any_file() -> None:
    for path, text in written(Machines(HOST, GATEWAY, KMS, ())).items():
        assert not re.search(r"(?i)PrivateKey\s*=|PRIVATE KEY-----", text), path
        keys = set(re.findall(r"[A-Za-z0-9+/]{43}=", text))
        assert keys <= {ANN.public_key, BEN.public_key}, path


def test_nftables_sets() -> None:
    text = nftables.sets(HOST)
    assert 'set operator_interfaces {\n\ttype ifname;\n\telements = { "wg0" };\n}\n' in text
    assert "set operators_v4 {\n\ttype ipv4_addr;\n\telements = { 10.98.0.2 };\n}\n" in text
    assert "set operators_v6 {\n\ttype ipv6_addr;\n\telements = { fd00:98::3 };\n}\n" in text
    assert "elements = { 10.20.0.0/28 };" in text
    assert "elements = { fd00:20::10 };" in text
    nobody = nftables.sets(HOST._replace(operators=()))
    assert "set operators_v4 {\n\ttype ipv4_addr;\n}\n" in nobody, "an empty list of elements is an error"


def test_every_set_that_the_rules_ask_for_is_there_and_the_other_way_round() -> None:
    asked = set(re.findall(r"@(\w+)", constant("access-host/etc/kgen/access.nft")))
    assert asked == set(re.findall(r"(?m)^set (\w+) ", nftables.sets(HOST)))


def test_ufw_rules_keep_the_two_families_apart() -> None:
    lines = [line.split("\t") for line in ufw.rules(HOST).splitlines() if not line.startswith("#")]
    assert lines == [
        ["in", "udp", "-", "-", "-", "51820"],
        ["in", "tcp", "wg0", "10.98.0.2", "-", "22"],
        ["through", "tcp", "wg0", "10.98.0.2", "10.20.0.0/28", "6443"],
        ["in", "tcp", "wg0", "fd00:98::3", "-", "22"],
        ["through", "tcp", "wg0", "fd00:98::3", "fd00:20::10", "6443"],
    ]


def test_wireguard_reads_its_private_key_from_the_machine() -> None:
    assert wireguard.interface(HOST).split("\n", 2)[2] == (
        "[Interface]\nAddress = 10.98.0.1/24\nListenPort = 51820\n"
        "PostUp = wg set %i private-key /etc/wireguard/%i.key\n"
        f"\n# ann\n[Peer]\nPublicKey = {ANN.public_key}\nAllowedIPs = 10.98.0.2/32\n"
        f"\n# ben\n[Peer]\nPublicKey = {BEN.public_key}\nAllowedIPs = fd00:98::3/128\n"
    )


def test_nginx_lists() -> None:
    assert "rate=10r/s;\n" in nginx.zones(GATEWAY)
    assert nginx.server(GATEWAY).splitlines()[1:] == [
        '"server_name" "agents.example.com";',
        '"ssl_certificate" "/etc/nginx/tls/a.crt";',
        '"ssl_certificate_key" "/etc/nginx/tls/a.key";',
        '"resolver" "[fd00::10]" "valid=30s";',
        '"limit_req" "zone=kgen_requests" "burst=20" "nodelay";',
        '"limit_conn" "kgen_connections" "10";',
    ]
    assert nginx.agents(GATEWAY).splitlines()[1:] == ['"support/triage" "triage.support.svc.cluster.local:8080";']


@pytest.mark.parametrize("unencrypted", [True, False])
def test_encryption_by_a_kms(unencrypted: bool) -> None:
    made = yaml.safe_load(encryption.configuration(KMS._replace(read_unencrypted=unencrypted)))
    [rule] = made["resources"]
    kms = {"apiVersion": "v2", "name": "vault-kms", "endpoint": "unix:///run/kms/kms.sock", "timeout": "3s"}
    assert rule["resources"] == ["secrets"]
    assert rule["providers"] == [{"kms": kms}] + ([{"identity": {}}] if unencrypted else [])


def test_rotation_table() -> None:
    fetched = {
        "secrets": {
            "provider": "ExternalSecrets",
            "refreshInterval": "12h",
            "rotationNudge": "CronJob",
            "nudge": {"schedule": "17 3 * * *"},
        }
    }
    text = rotation.table(Machines(HOST, GATEWAY, KMS, ()), fetched)
    assert "| Secrets of the cluster | 12h | by themselves, from the store |\n" in text
    assert "| delegated headers | as cron says | 17 3 * * *, by the CronJob kgen-nudge |\n" in text
    assert "| WireGuard key of ben | 90 days | until 2026-08-31 |\n" in text
    by_hand = rotation.table(Machines(None, None, None, ()), REFERENCE)
    assert "by hand: secrets.provider is Reference" in by_hand
    assert "delegation.rotation" in by_hand


# --- quoting rules ---------------------------------------------------------------------------------------------------

ANYTHING = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ['a"b', "a\\", "a;b", "a{b}", "$host", "${host}", "a\nb", "a#b", "a\tb", "", "a b", "'", "10.0.0.1;drop", "–"]
)


def kept_or_refused(write: Callable[[str], str], text: str) -> str | None:
    try:
        return write(text)
    except ValueError:
        return None


@given(ANYTHING)
def test_nginx_reads_back_what_was_quoted(text: str) -> None:
    quoted = kept_or_refused(nginx.quoted, text)
    if quoted is None:
        assert "$" in text or not text.isprintable()
        return
    # nginx's lexer (ngx_conf_read_token): inside double quotes a backslash takes the next character as it is
    inside, value, position = quoted[1:-1], "", 0
    while position < len(inside):
        assert inside[position] != '"', "the word ends early"
        position += inside[position] == "\\"
        value += inside[position]
        position += 1
    assert value == text


@given(ANYTHING)
def test_nftables_takes_addresses_and_plain_names_alone(text: str) -> None:
    named = kept_or_refused(nftables.name, text)
    assert named is None or re.fullmatch('"[A-Za-z0-9-]+"', named)
    address = kept_or_refused(nftables.address, text)
    assert address is None or re.fullmatch("[0-9a-f.:/]+", address)


@given(ANYTHING)
def test_a_table_has_the_columns_that_were_given(text: str) -> None:
    line = kept_or_refused(lambda value: ufw.row("a", value, "b"), text)
    assert line is None or line.rstrip("\n").split("\t") == ["a", text, "b"]
    assert line is None or line.count("\n") == 1


@given(ANYTHING)
def test_a_wireguard_line_is_one_line_without_comment(text: str) -> None:
    line = kept_or_refused(lambda value: wireguard.setting("Key", value), text)
    assert line is None or (line == f"Key = {text}\n" and "#" not in text and len(line.splitlines()) == 1)


@given(ANYTHING)
def test_a_cell_stays_in_its_row(text: str) -> None:
    cell = kept_or_refused(rotation.cell, text)
    assert cell is None or (len(cell.splitlines()) <= 1 and not re.search(r"(?<!\\)(\\\\)*\|", cell))
