"""Every file for machines, read by the program that it is for."""

import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from kgen.present.machine_files import nginx as nginx_lists
from kgen.topology.machines import Gateway, Published
from tests.clients.api import Api
from tests.clients.crds import definitions
from tests.entry.test_machine_files import LINK, PLATFORM

pytestmark = pytest.mark.clients
Client = Callable[[str], Path]


@pytest.fixture(scope="module")
def out(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of one environment."""
    folder = tmp_path_factory.mktemp("machines")
    (folder / "link.yaml").write_text(LINK)
    (folder / "platform.yaml").write_text(PLATFORM)
    command = [sys.executable, "-m", "kgen", "machine-files", folder / "link.yaml", "--platform"]
    run([*command, folder / "platform.yaml", "-o", folder / "out", "--as-of", "2026-06-15"], cwd=root)
    return folder / "out"


def run(command: list[Any], check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


# --- nftables, ufw ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nft(client: Client) -> Callable[..., subprocess.CompletedProcess[str]]:
    """nft in a network of its own, where even a mistake would change nothing."""
    program = [client("nft")] if os.geteuid() == 0 else ["unshare", "-rn", client("nft")]
    return lambda *words, check=True: run([*program, *words], check)


def test_nftables_takes_the_rules(out: Path, nft: Callable[..., Any]) -> None:
    etc = out / "access-host/etc"
    nft("-c", "-I", etc, "-f", etc / "kgen/access.nft")


def test_nftables_takes_them_without_any_operator(out: Path, nft: Callable[..., Any], tmp_path: Path) -> None:
    shutil.copytree(out / "access-host/etc/kgen", tmp_path / "kgen")
    sets = tmp_path / "kgen/access-sets.nft"
    sets.write_text(sets.read_text().replace("\telements = { 10.98.0.2 };\n", ""))
    nft("-c", "-I", tmp_path, "-f", tmp_path / "kgen/access.nft")


def test_the_check_means_something(out: Path, nft: Callable[..., Any], tmp_path: Path) -> None:
    shutil.copytree(out / "access-host/etc/kgen", tmp_path / "kgen")
    sets = tmp_path / "kgen/access-sets.nft"
    sets.write_text(sets.read_text().replace("set operators_v4", "set operator_v4"))
    assert nft("-c", "-I", tmp_path, "-f", tmp_path / "kgen/access.nft", check=False).returncode


def test_ufw_takes_the_rules_and_old_ones_go_first(out: Path, client: Client, tmp_path: Path) -> None:
    """Each command is recorded, then given to the real ufw, dry."""
    real = client("ufw")
    if os.geteuid():
        pytest.skip("ufw answers root only")
    fake = tmp_path / "ufw"
    fake.write_text(
        f'#!/bin/sh\necho "$*" >>{tmp_path}/log\n'
        "[ \"$*\" != 'show added' ] || { echo \"ufw allow 51821/udp comment 'kgen'\"; "
        "echo \"ufw route allow in on wg0 to 10.9.9.9 port 6443 proto tcp comment 'kgen'\"; "
        "echo 'ufw allow 80/tcp'; exit 0; }\n"
        f'case "$*" in *delete*) exit 0 ;; esac\nexec {real} --dry-run "$@"\n'
    )
    fake.chmod(0o755)
    script = out / "access-host/usr/local/sbin/kgen-ufw"
    run(["sh", script, out / "access-host/etc/kgen/ufw-rules.tsv"], env={**os.environ, "UFW": str(fake)})
    assert (tmp_path / "log").read_text().splitlines() == [
        "show added",
        "--force delete allow 51821/udp",
        "--force route delete allow in on wg0 to 10.9.9.9 port 6443 proto tcp",
        "default deny incoming",
        "default deny routed",
        "allow proto udp from any to any port 51820 comment kgen",
        "allow in on wg0 proto tcp from 10.98.0.2 to any port 22 comment kgen",
        "route allow in on wg0 proto tcp from 10.98.0.2 to 10.20.0.10 port 6443 comment kgen",
    ]


@pytest.mark.parametrize("line", ["in\ttcp\twg0\t10.0.0.1", "out\ttcp\t-\t-\t-\t1", "in\ttcp\t-\t$(id)\t-\t1"])
def test_the_ufw_script_changes_nothing_for_a_table_that_is_not_kgens(out: Path, line: str, tmp_path: Path) -> None:
    (tmp_path / "table").write_text(line + "\n")
    script = out / "access-host/usr/local/sbin/kgen-ufw"
    done = run(["sh", script, tmp_path / "table"], check=False, env={**os.environ, "UFW": "false"})
    assert (done.returncode, done.stderr) == (
        2, f"kgen-ufw: {tmp_path}/table is not as kgen writes it; nothing was changed\n",
    )  # fmt: skip


# --- WireGuard -------------------------------------------------------------------------------------------------------


def test_wireguard_takes_its_configuration(out: Path, client: Client, tmp_path: Path) -> None:
    stripped = run([client("wg-quick"), "strip", out / "access-host/etc/wireguard/wg0.conf"]).stdout
    assert "AllowedIPs = 10.98.0.2/32" in stripped
    assert "PrivateKey" not in stripped
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text(stripped)
    bad.write_text(stripped.replace("PublicKey = x", "PublicKey = !"))
    # it reads the file before it looks for the interface, which is not there
    assert "not a valid key" not in _setconf(client, good)
    assert "Unable to modify interface" in _setconf(client, good)
    assert "Key is not the correct length or format" in _setconf(client, bad)


def _setconf(client: Client, file: Path) -> str:
    return run([client("wg"), "setconf", "kgen-none", file], check=False).stderr


@pytest.mark.parametrize("day, code", [("2026-08-30", 0), ("2026-08-31", 1), ("tomorrow", 2)])
def test_key_age(out: Path, day: str, code: int) -> None:
    script = out / "access-host/usr/local/sbin/kgen-key-age"
    done = run(["sh", script, out / "access-host/etc/kgen/keys.tsv", day], check=False)
    assert done.returncode == code
    if code == 0:
        assert done.stdout == "2 keys, none past its last day\n"
    if code == 1:
        assert done.stdout == (
            "expired on 2026-08-30: the key of the access host, made on 2026-06-01\n"
            "expired on 2026-08-30: the key of ann, made on 2026-06-01\n"
        )


@pytest.mark.parametrize("table", ["", "ann\tkey\t2026-06-01\n", "ann\tkey\t2026-06-01\tnever\n"])
def test_key_age_does_not_trust_a_broken_table(out: Path, table: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(table)
    script = out / "access-host/usr/local/sbin/kgen-key-age"
    assert run(["sh", script, tmp_path / "keys", "2026-06-15"], check=False).returncode == 2


# --- nginx -----------------------------------------------------------------------------------------------------------


class Seen(http.server.BaseHTTPRequestHandler):
    """An agent that says what it was asked."""

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


class Front(NamedTuple):
    """A running gateway."""

    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, Any]]:
        context = ssl._create_unverified_context()
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=context, timeout=10) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {}


def configured(out: Path, folder: Path, port: int, upstream: str = "") -> Path:
    """The gateway's files under a folder, with its port, log and certificate there. Gives the main configuration."""
    shutil.copytree(out / "gateway/etc/nginx", folder / "nginx")
    etc = folder / "nginx"
    key, certificate = folder / "a.key", folder / "a.crt"
    subject = ["-subj", "/CN=agents.example.com", "-days", "1"]
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *subject])
    site = etc / "conf.d/kgen-agents.conf"
    text = site.read_text().replace("    listen [::]:443 ssl;\n", "")  # not every machine has IPv6
    site.write_text(text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("/var/log/nginx", str(folder)))
    server = etc / "kgen/server.conf"
    server.write_text(server.read_text().replace("/etc/nginx/tls/agents.", f"{folder}/a."))
    if upstream:
        gateway = Gateway("", "", "", "", 0, 0, 0, (Published("beta/writer", upstream),))
        (etc / "kgen/agents.map").write_text(nginx_lists.agents(gateway))
    main = etc / "nginx.conf"
    main.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; "
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {etc}/conf.d/*.conf; }}\n"
    )
    return main


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_nginx_takes_the_configuration(out: Path, client: Client, tmp_path: Path) -> None:
    main = configured(out, tmp_path, free_port())
    done = run([client("nginx"), "-t", "-q", "-p", tmp_path, "-c", main, "-e", tmp_path / "error.log"])
    assert "warn" not in done.stderr


@pytest.fixture
def front(out: Path, client: Client, tmp_path: Path) -> Iterator[Front]:
    agent = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Seen)
    threading.Thread(target=agent.serve_forever, daemon=True).start()
    port = free_port()
    main = configured(out, tmp_path, port, f"127.0.0.1:{agent.server_port}")
    words = [client("nginx"), "-p", tmp_path, "-c", main, "-e", tmp_path / "error.log", "-g", "daemon off;"]
    process = subprocess.Popen([str(word) for word in words])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Front(port)
    finally:
        process.terminate()
        process.wait(10)
        agent.shutdown()
        agent.server_close()


def test_nginx_publishes_what_is_listed_and_nothing_else(front: Front) -> None:
    status, seen = front.ask("/beta/writer/.well-known/agent-card.json")
    assert (status, seen["path"]) == (200, "/.well-known/agent-card.json")
    assert front.ask("/beta/writer", "POST")[1]["path"] == "/"
    assert front.ask("/beta/x/../writer/a")[1]["path"] == "/a"
    for path in (
        "/",
        "/beta",
        "/beta/other",
        "/alpha/planner/",
        "/beta/writer/%0d%0aX-Evil:1",
        "/beta/writer/a%20b",
        "/beta/writer/../../alpha/planner/",
    ):
        assert front.ask(path)[0] == 404, path
    assert front.ask("/beta/writer/", "DELETE")[0] == 403


def test_nginx_takes_off_what_an_agent_would_believe(front: Front) -> None:
    lies = {"X-User-Id": "admin", "X-Agent-Name": "boss", "X-Kagent-Source": "agent", "X-Forwarded-For": "10.0.0.1"}
    headers = front.ask("/beta/writer/", "GET", **lies, Authorization="Bearer mine")[1]["headers"]
    assert not {"x-user-id", "x-agent-name", "x-kagent-source"} & set(headers)
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["authorization"] == "Bearer mine"


def test_nginx_answers_429_beyond_rate_and_burst(front: Front) -> None:
    statuses = [front.ask("/beta/writer/")[0] for _ in range(60)]
    assert statuses[:20] == [200] * 20
    assert statuses.count(429) > 10
    assert set(statuses) == {200, 429}


# --- audit policy, encryption ----------------------------------------------------------------------------------------

VALUE = "hunter2-never-logged"


@pytest.fixture(scope="module")
def audited(
    out: Path, shared: Path, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, Path]]:
    """An API server under the policy, and its log."""
    state = tmp_path_factory.mktemp("audited") / "state"
    scripts, policy = shared / "tools/kube", out / "control-plane/etc/kubernetes/audit-policy.yaml"
    done = subprocess.run(
        [scripts / "kube-up", "--state", state, "--audit-policy", policy],
        env={**os.environ, "KUBE_BIN": str(client("kube-apiserver").parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, "the API server does not take the policy"
    api = Api(state / "kubeconfig")
    api.establish(definitions(shared / "crds", [("kagent.dev", "Agent")], "0.10"))
    api.make_namespace("alpha")
    yield api, state / "audit.log"
    subprocess.run([scripts / "kube-down", "--state", state], capture_output=True, check=False)


@pytest.fixture(scope="module")
def events(audited: tuple[Api, Path]) -> list[dict[str, Any]]:
    """The log after one of everything."""
    api, log = audited
    metadata = {"name": "one", "namespace": "alpha"}
    env = [{"name": "API_TOKEN", "value": VALUE}]
    agent = {
        "apiVersion": "kagent.dev/v1alpha2", "kind": "Agent", "metadata": metadata,
        "spec": {"type": "BYO", "description": "D.", "byo": {"deployment": {"image": "i", "env": env}}},
    }  # fmt: skip
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    for manifest in (
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": VALUE}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"token": VALUE}},
        agent,
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": [rule]},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata,
            "spec": {"podSelector": {}},
        },
    ):
        answer = api.apply(manifest)
        assert answer.admitted, answer.message
    for path in ("secrets/one", "secrets", "configmaps/one"):
        assert api.request("GET", f"/api/v1/namespaces/alpha/{path}").admitted
    token = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    issued = api.request("POST", "/api/v1/namespaces/alpha/serviceaccounts/default/token", token)
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": VALUE}}
    assert api.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review).admitted
    api.request("POST", "/api/v1/namespaces/alpha/pods/none/exec?command=id", {})
    api.request("GET", "/api/v1/namespaces/alpha/pods/none/portforward")
    stranger = "system:serviceaccount:alpha:default"
    assert api.request("GET", "/api/v1/namespaces/alpha/secrets", user=stranger).status == 403
    text = log.read_text()
    assert VALUE not in text, "a value is in the log"
    assert issued.body["status"]["token"] not in text, "a token is in the log"
    return [json.loads(line) for line in text.splitlines()]


def of(events: list[dict[str, Any]], resource: str, **where: Any) -> list[dict[str, Any]]:
    found = []
    for event in events:
        reference = event.get("objectRef", {})
        name = "/".join(filter(None, [reference.get("resource"), reference.get("subresource")]))
        wanted = {**where, "namespace": "alpha"}
        if name == resource and all(event.get(k, reference.get(k)) == v for k, v in wanted.items()):
            found.append(event)
    return found


@pytest.mark.parametrize("resource", ["secrets", "configmaps", "serviceaccounts/token", "agents"])
def test_who_touched_a_credential_is_logged_and_no_body(events: list[dict[str, Any]], resource: str) -> None:
    found = of(events, resource)
    assert found
    assert {event["level"] for event in found} == {"Metadata"}
    assert not [event for event in found if "requestObject" in event or "responseObject" in event]
    assert {event["stage"] for event in found} == {"ResponseComplete"}


def test_reviews_of_tokens_are_logged_without_them(events: list[dict[str, Any]]) -> None:
    levels = {e["level"] for e in events if e.get("objectRef", {}).get("resource") == "tokenreviews"}
    assert levels == {"Metadata"}


@pytest.mark.parametrize("resource", ["roles", "networkpolicies"])
def test_what_decides_who_may_do_what_is_logged_whole(events: list[dict[str, Any]], resource: str) -> None:
    [event] = of(events, resource)
    assert event["level"] == "Request"
    assert event["requestObject"]["metadata"]["name"] == "one"


def test_exec_as_a_verb(events: list[dict[str, Any]], out: Path) -> None:
    """exec is a subresource, created or got; a rule for a verb of that name would match nothing."""
    assert {(e["verb"], e["level"]) for e in of(events, "pods/exec")} == {("create", "Metadata")}
    assert {(e["verb"], e["level"]) for e in of(events, "pods/portforward")} == {("get", "Metadata")}
    policy = yaml.safe_load((out / "control-plane/etc/kubernetes/audit-policy.yaml").read_text())
    verbs = {verb for rule in policy["rules"] for verb in rule.get("verbs", [])}
    assert not verbs & {"exec", "portforward", "attach"}


def test_a_denied_request_of_an_agents_identity_is_logged(events: list[dict[str, Any]]) -> None:
    [event] = [e for e in of(events, "secrets", verb="list") if e["responseStatus"]["code"] == 403]
    assert event["impersonatedUser"]["username"] == "system:serviceaccount:alpha:default"
    assert event["annotations"]["authorization.k8s.io/decision"] == "forbid"


def test_health_checks_are_not_logged(events: list[dict[str, Any]]) -> None:
    """kube-up has asked /readyz until the server was ready."""
    assert not [event for event in events if event["requestURI"].startswith(("/readyz", "/livez", "/healthz"))]


def test_the_api_server_takes_the_encryption_configuration(out: Path, client: Client, tmp_path: Path) -> None:
    """It reads it strictly and asks for the KMS, which is not there; etcd is not there either."""
    good = (out / "control-plane/etc/kubernetes/encryption.yaml").read_text()
    assert "/run/kms/kms.sock" in _loaded(client, good, tmp_path)
    bad = _loaded(client, good.replace("timeout", "timeuot"), tmp_path)
    assert "strict decoding error" in bad
    assert "resources[0].providers[0].kms.timeuot" in bad


def _loaded(client: Client, configuration: str, folder: Path) -> str:
    """What an API server without anything around it says until it has read its configuration."""
    (folder / "encryption.yaml").write_text(configuration)
    key, log = folder / "sa.key", folder / "log"
    run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key])
    accounts = ["issuer=https://kubernetes.default.svc", f"key-file={key}", f"signing-key-file={key}"]
    words = [
        client("kube-apiserver"),
        "--etcd-servers=http://127.0.0.1:9",
        f"--encryption-provider-config={folder}/encryption.yaml",
        *(f"--service-account-{each}" for each in accounts),
        f"--cert-dir={folder}/certs",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_port()}",
        "--authorization-mode=RBAC",
    ]
    with log.open("w") as stream:
        process = subprocess.Popen([str(word) for word in words], stdout=stream, stderr=stream)
        end = time.monotonic() + 60
        while process.poll() is None and "kms.sock" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.2)
        process.kill()
        process.wait()
    return log.read_text()
