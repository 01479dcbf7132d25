"""A cluster for tests of bases/verify: a folder that the kubectl beside this file answers from, and agents that answer
as they are told."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
SCRIPT = HERE.parents[1] / "bases/verify/verify.sh"
REFUNDS, TRIAGE = "http://refunds.billing:8080/", "http://triage.support:8080/"
HEALTH, AGENTS = "http://kagent-controller.kagent:8083/health", "http://kagent-controller.kagent:8083/api/agents"
API = "https://kubernetes.default.svc/version"
SERVER = "http://10.1.2.3:8080/"

# Words of an agent that a search for "error" or "result" would fall for.
TEXT = 'I found an \\"error\\": {"code": 1} and no \\"result\\": ok } ] , :'


class Agents(BaseHTTPRequestHandler):
    """The path says how to behave."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self._answer(body.get("id"))

    def do_GET(self) -> None:
        self._answer("none")

    def _answer(self, request: str) -> None:
        how = self.path.strip("/")
        if how == "slow":
            time.sleep(1.5)
        text = {"parts": [{"kind": "text", "text": TEXT}], "list": [[], {}, [1, -2.5e3, True, None]]}
        results: dict[str, Any] = {
            "result": {"kind": "task", "artifacts": [text], "status": {"state": "completed"}},
            "message": {"kind": "message", "role": "agent", **text},
            "failed": {"kind": "task", "status": {"state": "failed"}},
            "otherid": {"kind": "task", "status": {"state": "completed"}},
        }
        codes = {"forbidden": 403, "unauthorized": 401, "unavailable": 503, "missing": 404}
        reply = "RBAC: access denied" if how in codes else '<html>"result": {"status": "completed"}</html>'
        if how in results:
            sent = "another" if how == "otherid" else request
            reply = json.dumps({"jsonrpc": "2.0", "id": sent, "result": results[how]}, indent=1)
        elif how in ("error", "slow"):
            reply = json.dumps({"jsonrpc": "2.0", "id": request, "error": {"code": -32600, "message": '"result": {}'}})
        elif how == "cut":
            reply = json.dumps({"jsonrpc": "2.0", "id": request, "result": results["result"]})[:-3]
        data = reply.encode()
        self.send_response(codes.get(how, 200))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):  # who asked may have gone
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def answering() -> Iterator[int]:
    """The port of agents that answer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Agents)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class Ended(NamedTuple):
    """How a run of the script ended."""

    code: int
    out: str
    err: str
    calls: str  # every command line of kubectl

    def verdict(self, check: str, who: str) -> tuple[str, str]:
        """Verdict and reason of one check."""
        [line] = [one for one in self.out.splitlines() if one[14:].startswith(f"{check:<11} {who}: ")]
        return line[:13].strip(), line[14:].partition(f" {who}: ")[2]


HEALTHY = {
    ("support/triage", REFUNDS): "result",
    ("support/triage", HEALTH): "missing",
    ("billing/refunds", HEALTH): "missing",
    ("here", API): "unauthorized",
    ("temporary", SERVER): "missing",
}
TABLE = f"""# Written by kgen; read by verify.sh.
table	1	example	none	idle
agent	billing/refunds	agents.kagent.dev	app=kagent,kagent=refunds	enforced
agent	support/triage	agents.kagent.dev	app=kagent,kagent=triage	enforced
control	billing/refunds	kagent/kagent-controller	{HEALTH}	-
control	support/triage	kagent/kagent-controller	{HEALTH}	-
link	support/triage	billing/refunds	{REFUNDS}	-
undeclared	billing/refunds	support/triage	{TRIAGE}	-
egress	support/triage	default/kubernetes	{API}	-
end	7	-	-	-
"""
STRANGER = f"stranger\t-\tbilling/refunds\t{REFUNDS}\t-\n"
MESHED = f"""token	support/triage	billing/refunds	{REFUNDS}	-
guard	support/triage	kagent/kagent-controller	{AGENTS}	-
"""


def table(*more: str, mode: str = "none", mesh: str = "idle") -> str:
    """The table of TABLE with further rows."""
    rows = TABLE.replace("none\tidle", f"{mode}\t{mesh}").splitlines(keepends=True)
    added = [line for text in more for line in text.splitlines(keepends=True)]
    return "".join([*rows[:-1], *added, f"end\t{len(rows) - 3 + len(added)}\t-\t-\t-\n"])


class Cluster:
    """One folder, and the environment in which the script sees it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.fake = folder / "fake"
        self.port = port
        for each in ("status", "clients"):
            (self.fake / each).mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / "tmp").mkdir()
        for name in ("kubectl", "curl"):
            (folder / "bin" / name).symlink_to(HERE / "kubectl")
        (self.fake / "port").write_text(str(port))
        self.write("nodes", "203.0.113.9\n")
        self.proxy = {"no_proxy": "*"}
        self.calls({})

    def write(self, name: str, text: str = "") -> None:
        (self.fake / name).write_text(text)

    def calls(self, changed: dict[tuple[str, str], str], name: str = "calls") -> None:
        """Who answers whom, and how; nobody else does."""
        lines = {**HEALTHY, **changed}
        self.write(name, "".join(f"{source} {url} {how}\n" for (source, url), how in lines.items()))

    @property
    def environment(self) -> dict[str, str]:
        path = os.environ["PATH"]
        paths = {"PATH": f"{self.folder / 'bin'}:{path}", "REAL_PATH": path, "TMPDIR": str(self.folder / "tmp")}
        return {**paths, "FAKE": str(self.fake), **self.proxy}

    def command(self, *options: str, rows: str | None = None, shell: str = "sh") -> list[str]:
        (self.folder / "links.tsv").write_text(table() if rows is None else rows)
        return [*shell.split(), str(SCRIPT), "-t", "1", "-a", "1", "-w", "0", *options, str(self.folder / "links.tsv")]

    def run(self, *options: str, rows: str | None = None, shell: str = "sh") -> Ended:
        """One run, which has to leave nothing behind."""
        (self.fake / "policy").unlink(missing_ok=True)
        done = subprocess.run(
            self.command(*options, rows=rows, shell=shell),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert not list((self.folder / "tmp").iterdir())
        log = self.fake / "log"
        return Ended(done.returncode, done.stdout, done.stderr, log.read_text() if log.exists() else "")
