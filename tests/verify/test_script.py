"""bases/verify/verify.sh against a kubectl that answers as it is told: one verdict for each thing that can be."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgen.entry.cli import main
from tests.verify.cluster import (
    AGENTS,
    API,
    HEALTH,
    MESHED,
    REFUNDS,
    SERVER,
    STRANGER,
    TABLE,
    TRIAGE,
    Cluster,
    answering,
    table,
)

LINK, UNDECLARED = "support/triage -> billing/refunds", "billing/refunds -> support/triage"
EGRESS, GUARD = "support/triage -> default/kubernetes", "support/triage -> kagent/kagent-controller"
POLICIES = "network policies"
CALL, BACK, OUT = ("support/triage", REFUNDS), ("billing/refunds", TRIAGE), ("support/triage", API)
SLOW = pytest.mark.slow
SHELLS = [name for name in ("dash", "bash", "busybox sh") if shutil.which(name.split()[0])]
"""Of those that are here; in an image the shell is mostly BusyBox's."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with answering() as number:
        yield number


@pytest.fixture
def cluster(tmp_path: Path, port: int) -> Cluster:
    return Cluster(tmp_path, port)


@pytest.mark.parametrize("shell", ["sh", *(pytest.param(shell, marks=SLOW) for shell in SHELLS)])
def test_where_everything_is_as_it_should_be_all_is_shown(cluster: Cluster, shell: str) -> None:
    ended = cluster.run(shell=shell)
    assert (ended.code, ended.err) == (0, "")
    assert ended.verdict("agent", "billing/refunds") == ("shown", "accepted, and its pods are available")
    assert ended.verdict("link", LINK) == ("shown", "answered (completed)")
    assert ended.verdict("undeclared", UNDECLARED) == ("shown", "refused")
    assert ended.verdict("egress", EGRESS) == ("shown", "blocked")
    assert ended.verdict("enforcement", POLICIES)[0] == "shown"
    assert ended.out.endswith("6 shown, 0 refuted, 0 inconclusive\n")


@pytest.mark.parametrize(
    ("how", "verdict", "why"),
    [
        pytest.param("message", "shown", "answered (message)", marks=SLOW),
        ("failed", "refuted", "it was reached, and its task is failed: see the agent's own log"),
        ("error", "refuted", "it was reached, and answered with error -32600 (HTTP 200)"),
        pytest.param("html", "refuted", "what answered did not answer as an A2A agent (HTTP 200)", marks=SLOW),
        ("otherid", "refuted", "what answered did not answer as an A2A agent (HTTP 200)"),
        pytest.param("cut", "refuted", "what answered did not answer as an A2A agent (HTTP 200)", marks=SLOW),
        pytest.param("forbidden", "refuted", "what answered did not answer as an A2A agent (HTTP 403)", marks=SLOW),
        ("refused", "refuted", "it does not get through, or not in time"),
        pytest.param("slow", "refuted", "it does not get through, or not in time", marks=SLOW),
    ],
)
def test_a_call_is_judged_by_its_json_rpc_result_and_never_by_its_status(
    cluster: Cluster, how: str, verdict: str, why: str
) -> None:
    cluster.calls({CALL: how})
    ended = cluster.run()
    assert ended.verdict("link", LINK) == (verdict, why)
    assert ended.code == (0 if verdict == "shown" else 1)


@pytest.mark.slow
@pytest.mark.parametrize("client", ["python3", "wget"])
@pytest.mark.parametrize(
    ("how", "verdict"),
    [("result", "shown"), ("error", "refuted"), ("forbidden", "refuted"), ("refused", "refuted"), ("slow", "refuted")],
)
def test_an_image_without_curl_serves_as_well(cluster: Cluster, client: str, how: str, verdict: str) -> None:
    if not shutil.which(client):
        pytest.skip(f"{client} is not here")
    for each in ("support_triage", "billing_refunds"):
        cluster.write(f"clients/{each}", f"{client}\n")
    cluster.calls({CALL: how})
    ended = cluster.run()
    assert ended.verdict("link", LINK)[0] == verdict
    assert ended.verdict("undeclared", UNDECLARED) == ("shown", "refused")
    assert f"-c kagent -- {client} " in ended.calls


@pytest.mark.parametrize("client", ["curl", "python3", "wget"])
def test_what_an_agent_is_told_of_its_egress_gateway_is_no_road(cluster: Cluster, client: str) -> None:
    """The gateway would answer for whom it does not reach, and pass on what has no direct road."""
    cluster.proxy = dict.fromkeys(("http_proxy", "https_proxy"), f"http://127.0.0.1:{cluster.port}/missing")
    for each in ("support_triage", "billing_refunds", "temporary"):
        cluster.write(f"clients/{each}", f"{client}\n")
    ended = cluster.run()
    assert ended.verdict("link", LINK) == ("shown", "answered (completed)")
    assert ended.verdict("undeclared", UNDECLARED) == ("shown", "refused")
    assert ended.verdict("egress", EGRESS) == ("shown", "blocked")


def test_an_image_without_any_client_is_inconclusive_and_not_a_refusal(cluster: Cluster) -> None:
    cluster.write("clients/support_triage", "none\n")
    cluster.write("clients/billing_refunds", "none\n")
    ended = cluster.run()
    for check, who in (("link", LINK), ("undeclared", UNDECLARED), ("egress", EGRESS)):
        assert ended.verdict(check, who) == ("inconclusive", "its image has neither curl nor python3 nor wget")
    assert ended.verdict("enforcement", POLICIES)[0] == "inconclusive"
    assert ended.code == 3


def test_without_the_right_to_run_anything_it_is_inconclusive(cluster: Cluster) -> None:
    cluster.write("no-exec")
    ended = cluster.run()
    verdict, why = ended.verdict("link", LINK)
    assert verdict == "inconclusive"
    assert why.startswith("nothing can be run in its pod: Error from server (Forbidden)")
    assert ended.code == 3


@pytest.mark.slow
def test_a_pod_that_goes_is_not_asked(cluster: Cluster) -> None:
    assert "triage-old" not in cluster.run().calls
    cluster.write("no-pods", "support/triage\n")
    assert cluster.run().verdict("link", LINK) == ("inconclusive", "no pod of it runs, or pods may not be listed")


@pytest.mark.parametrize(
    "how",
    ["error", "unavailable", *(pytest.param(how, marks=SLOW) for how in ("result", "html", "missing", "forbidden"))],
)
def test_an_undeclared_call_that_anything_answers_is_refuted(cluster: Cluster, how: str) -> None:
    """Also with 403 and 503: without a mesh it is the agent itself that says so."""
    cluster.calls({BACK: how})
    ended = cluster.run()
    verdict, why = ended.verdict("undeclared", UNDECLARED)
    assert (verdict, why[:18], ended.code) == ("refuted", "it was let through", 1)


def test_an_undeclared_call_has_no_effect_where_it_is_answered(cluster: Cluster) -> None:
    cluster.calls({BACK: "result"})
    sent = [line for line in cluster.run().calls.split("kubectl ") if "exec -n billing" in line and " -d " in line]
    assert sent
    assert all('"method":"tasks/get"' in line for line in sent)


def test_a_failure_is_no_refusal_where_the_one_who_asks_reaches_nobody(cluster: Cluster) -> None:
    cluster.calls({("billing/refunds", HEALTH): "refused"})
    ended = cluster.run()
    why = "nothing else answered the one who asked, so this shows nothing"
    assert ended.verdict("undeclared", UNDECLARED) == ("inconclusive", why)
    assert ended.verdict("enforcement", POLICIES)[0] == "inconclusive"


def test_a_failure_is_no_refusal_where_the_one_who_is_asked_is_not_there(cluster: Cluster) -> None:
    cluster.write("status/deployments.apps.support.triage.Available", "1|1|False|no pods")
    ended = cluster.run()
    why = "support/triage was not seen to be there, so this shows nothing"
    assert ended.verdict("undeclared", UNDECLARED) == ("inconclusive", why)


def test_a_name_that_does_not_resolve_is_no_refusal(cluster: Cluster) -> None:
    cluster.calls({BACK: "unnamed"})
    assert cluster.run().verdict("undeclared", UNDECLARED) == ("inconclusive", "the name could not be resolved")


def test_open_egress_is_refuted_unless_it_is_the_pods_own_node(cluster: Cluster) -> None:
    cluster.calls({OUT: "unauthorized"})
    ended = cluster.run()
    assert ended.verdict("egress", EGRESS) == ("refuted", "it answered (HTTP 401), and nothing asks for it")
    assert ended.code == 1
    cluster.write("nodes", "10.1.0.7 10.1.0.9\n")
    assert cluster.run().verdict("egress", EGRESS)[0] == "inconclusive"


@pytest.mark.slow
def test_where_the_platform_does_not_say_where_the_api_server_is_it_is_said(cluster: Cluster) -> None:
    ended = cluster.run(rows=table().replace(API, "-"))
    verdict, why = ended.verdict("egress", EGRESS)
    assert verdict == "inconclusive"
    assert "set spec.network.apiServer.cidrs" in why


def test_without_messages_nothing_is_shown_to_answer(cluster: Cluster) -> None:
    cluster.calls({CALL: "error"})
    ended = cluster.run("-n")
    assert ended.verdict("link", LINK)[0] == "inconclusive"
    assert ended.code == 3
    assert "message/send" not in ended.calls


AGENT = [
    ("agents.kagent.dev.billing.refunds.Accepted", "1|1|False|not allowed from namespace support", "refuted",
     "agents.kagent.dev refunds is not Accepted: not allowed from namespace support (kagent does not try again by "
     "itself: change a label of the Agent)"),
    ("agents.kagent.dev.billing.refunds.Accepted", "2|1|True|fine", "refuted",
     "agents.kagent.dev refunds: its status is about an earlier generation"),
    ("agents.kagent.dev.billing.refunds.Accepted", "1|||", "refuted",
     "agents.kagent.dev refunds has no condition Accepted: nothing reconciles it, or not yet"),
    ("agents.kagent.dev.billing.refunds.Accepted", "Error from server (NotFound): not found", "refuted",
     "agents.kagent.dev refunds: Error from server (NotFound): not found"),
    ("agents.kagent.dev.billing.refunds.Accepted", "Error from server (Forbidden): no", "inconclusive",
     "agents.kagent.dev refunds: Error from server (Forbidden): no"),
    ("deployments.apps.billing.refunds.Available", "1|1|False|Does not have minimum availability.\n\x1b[31m", "refuted",
     "deployments.apps refunds is not Available: Does not have minimum availability. [31m"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "status", "verdict", "why"), AGENT)
def test_agents_have_to_be_accepted_and_then_available(
    cluster: Cluster, file: str, status: str, verdict: str, why: str
) -> None:
    cluster.write(f"status/{file}", status)
    assert cluster.run().verdict("agent", "billing/refunds") == (verdict, why)


@pytest.mark.slow
def test_pods_that_pod_security_refuses_are_told_with_its_words(cluster: Cluster) -> None:
    cluster.write("status/deployments.apps.billing.refunds.Available", "1|1|False|unavailable")
    cluster.write("status/deployments.apps.billing.refunds.ReplicaFailure", "1|1|True|violates PodSecurity restricted")
    _, why = cluster.run().verdict("agent", "billing/refunds")
    assert why.endswith("is not Available: unavailable; violates PodSecurity restricted")


@pytest.mark.slow
def test_workloads_have_no_consent_to_wait_for(cluster: Cluster) -> None:
    rows = table().replace("agents.kagent.dev\tapp=kagent,kagent=refunds", "deployments.apps\tapp=refunds")
    rows = rows.replace("agents.kagent.dev\tapp=kagent,kagent=triage", "statefulsets.apps\tapp=triage")
    ended = cluster.run(rows=rows)
    assert (ended.code, "kagent.dev" in ended.calls) == (0, False)
    assert "exec -n billing refunds-new -c main -- curl" in ended.calls
    cluster.write("status/statefulsets.apps.support.triage.replicas", "1|1|")
    assert cluster.run(rows=rows).verdict("agent", "support/triage") == (
        "refuted", "statefulsets.apps triage has no ready pod")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "token", "guard"),
    [
        ("forbidden", "shown", "shown"),
        ("unauthorized", "shown", "shown"),
        ("error", "refuted", "refuted"),
        ("html", "refuted", "refuted"),
        ("refused", "inconclusive", "inconclusive"),
        ("unavailable", "inconclusive", "inconclusive"),
    ],
)
def test_a_mesh_refuses_a_call_without_a_token_and_what_no_agent_needs(
    cluster: Cluster, how: str, token: str, guard: str
) -> None:
    cluster.calls({CALL: how, ("support/triage", AGENTS): how})
    ended = cluster.run(
        rows=table(MESHED, mode="Sidecar", mesh="enforced").replace(f"{REFUNDS}\t-\nund", f"{REFUNDS}\ttoken\nund")
    )
    assert ended.verdict("token", LINK)[0] == token
    assert ended.verdict("guard", GUARD)[0] == guard
    assert ended.verdict("link", LINK) == ("inconclusive", "it needs a token, which this script does not have")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mesh", "how", "verdict"),
    [
        ("enforced", "forbidden", "shown"),
        ("idle", "forbidden", "refuted"),
        ("enforced", "unavailable", "shown"),
        ("idle", "unavailable", "shown"),
        ("enforced", "missing", "refuted"),
        ("enforced", "error", "refuted"),
    ],
)
def test_in_a_mesh_a_refusal_may_be_said_by_a_proxy_and_tells_nothing_of_the_network(
    cluster: Cluster, mesh: str, how: str, verdict: str
) -> None:
    cluster.calls({BACK: how})
    ended = cluster.run(rows=table(mode="Sidecar", mesh=mesh))
    assert ended.verdict("undeclared", UNDECLARED)[0] == verdict
    assert ended.verdict("enforcement", POLICIES)[0] == "inconclusive"


# --- pods of its own -------------------------------------------------------------------------------------------------


def closed(cluster: Cluster, closes: bool = True) -> Cluster:
    """Where a policy closes the pod that it is for, or nobody enforces it."""
    cluster.calls({("temporary", SERVER): "refused"} if closes else {}, "calls-under-policy")
    return cluster


def test_policies_are_enforced_where_one_closes_a_pod_that_was_reached(cluster: Cluster) -> None:
    ended = closed(cluster).run("-i", "busybox:1.36", rows=table(STRANGER))
    assert ended.verdict("enforcement", POLICIES)[0] == "shown"
    assert ended.verdict("stranger", "a stranger -> billing/refunds") == ("shown", "refused")
    assert ended.code == 0


def test_a_plugin_that_enforces_nothing_is_found(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    (cluster.folder / "bin/sleep").write_text("#!/bin/sh\n")
    (cluster.folder / "bin/sleep").chmod(0o755)
    ended = closed(cluster, closes=False).run("-i", "busybox:1.36")
    verdict, why = ended.verdict("enforcement", POLICIES)
    assert (verdict, ended.code) == ("refuted", 1)
    assert "nothing enforces them, and nothing here holds" in why


@pytest.mark.slow
def test_a_stranger_that_an_agent_answers_is_refuted(cluster: Cluster) -> None:
    cluster.calls({("temporary", REFUNDS): "error", ("temporary", SERVER): "refused"}, "calls-under-policy")
    ended = cluster.run("-i", "busybox:1.36", rows=table(STRANGER))
    assert ended.verdict("stranger", "a stranger -> billing/refunds") == ("refuted", "it was let through (HTTP 200)")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["no-create", "no-start", "no path"])
def test_what_its_own_pods_can_not_show_is_inconclusive(cluster: Cluster, what: str) -> None:
    cluster.write(what)
    (cluster.folder / "bin/sleep").symlink_to("/bin/true")
    if what == "no path":
        cluster.calls({("temporary", SERVER): "refused"})
    ended = cluster.run("-i", "busybox:1.36", rows=table(STRANGER))
    assert ended.verdict("enforcement", POLICIES)[0] == "inconclusive"
    assert ended.verdict("stranger", "all 1 of them") == (
        "inconclusive",
        "the pods of image busybox:1.36 can not show it",
    )
    assert "delete namespace kgen-verify-" in ended.calls


@pytest.mark.slow
def test_a_container_is_lent_only_when_asked_for_and_ended_afterwards(cluster: Cluster) -> None:
    cluster.write("clients/support_triage", "none\n")
    assert "kubectl debug" not in closed(cluster).run("-i", "busybox").calls
    ended = cluster.run("-i", "busybox", "-d")
    assert ended.verdict("link", LINK)[0] == "shown"
    assert "--profile=restricted" in ended.calls
    last = [line for line in ended.calls.splitlines() if "kill -TERM 1" in line]
    assert last
    assert last[0].startswith("kubectl exec -n support triage-new -c kgen-verify-")


@pytest.mark.slow
def test_nothing_that_it_makes_matches_a_service_or_is_refused_by_pod_security(cluster: Cluster) -> None:
    import yaml

    from kgen.runtimes import pod_security

    closed(cluster).run("-i", "busybox")
    made = [
        each
        for each in yaml.safe_load_all(
            (cluster.fake / "made").read_text().replace("apiVersion: networking", "---\napiVersion: networking")
        )
        if each
    ]
    assert [each["kind"] for each in made] == ["Namespace", "ServiceAccount", "Pod", "Pod", "NetworkPolicy"]
    for pod in made[2:4]:
        assert set(pod["metadata"]["labels"]) == {
            "kgen.dev/verify",
            "sidecar.istio.io/inject",
            "istio.io/dataplane-mode",
        }
        assert pod["metadata"]["namespace"] == made[0]["metadata"]["name"]
        assert not list(pod_security.violations(pod["spec"], "restricted"))
        subprocess.run(["sh", "-n", "-c", pod["spec"]["containers"][0]["command"][2]], check=True)


@pytest.mark.slow
def test_what_can_not_be_removed_is_said(cluster: Cluster) -> None:
    cluster.write("no-delete")
    ended = closed(cluster).run("-i", "busybox")
    assert ended.code == 2
    assert "could not be removed: kubectl delete namespace kgen-verify-" in ended.err


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_cleans_up_when_it_is_stopped(cluster: Cluster, sent: signal.Signals, code: int) -> None:
    cluster.write("create-slow")
    command = closed(cluster).command("-i", "busybox", shell="sh")
    running = subprocess.Popen(command, env=cluster.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = cluster.fake / "log"
    while not (log.exists() and "kubectl create" in log.read_text()):
        time.sleep(0.02)
    running.send_signal(sent)
    assert running.wait(timeout=30) == code
    assert log.read_text().splitlines()[-1].startswith("kubectl delete namespace kgen-verify-")
    assert not list((cluster.folder / "tmp").iterdir())


# --- as a Job --------------------------------------------------------------------------------------------------------


def test_a_job_says_what_a_stranger_sees_and_that_the_rest_is_inconclusive(cluster: Cluster) -> None:
    ended = cluster.run("-j", rows=table(STRANGER))
    assert ended.verdict("agent", "billing/refunds")[0] == "shown"
    assert ended.verdict("stranger", "a stranger -> billing/refunds") == ("shown", "refused")
    assert ended.verdict("link", "all 1 of them")[0] == "inconclusive"
    assert ended.code == 0
    assert not {"exec", "create", "debug", "delete", "pods"} & {
        line.split()[1] for line in ended.calls.splitlines() if line.startswith("kubectl")
    }


def test_a_job_fails_where_an_agent_answers_a_stranger(cluster: Cluster) -> None:
    cluster.calls({("here", REFUNDS): "error"})
    assert cluster.run("-j", rows=table(STRANGER)).code == 1


def test_a_job_that_reaches_nothing_has_shown_nothing(cluster: Cluster) -> None:
    cluster.calls({("here", API): "refused"})
    ended = cluster.run("-j", rows=table(STRANGER))
    assert ended.verdict("stranger", "a stranger -> billing/refunds")[0] == "inconclusive"
    assert ended.verdict("enforcement", POLICIES)[0] == "inconclusive"


@pytest.mark.slow
def test_in_a_mesh_a_job_can_not_tell_the_network_from_it(cluster: Cluster) -> None:
    ended = cluster.run("-j", rows=table(STRANGER, mode="Ambient", mesh="enforced"))
    assert ended.verdict("stranger", "a stranger -> billing/refunds")[0] == "shown"
    assert ended.verdict("enforcement", POLICIES)[0] == "inconclusive"


# --- what it does not run on -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[: text.index("end\t")],
        lambda text: text.replace("end\t7", "end\t8"),
        lambda text: text.replace("link\t", "lnk\t"),
        lambda text: text.replace(REFUNDS, "http://refunds.billing:8080/ -o /etc/passwd"),
        lambda text: text.replace(REFUNDS, "-K/etc/curlrc"),
        lambda text: text.replace(REFUNDS, "file:///etc/passwd"),
        lambda text: text.replace("support/triage\tbilling", "support/$(id)\tbilling"),
        lambda text: text.replace("app=kagent,kagent=triage", "app=kagent --all-namespaces"),
        lambda text: text.replace("table\t1", "table\t2"),
        lambda text: text + "link\ta/b\tc/d\thttp://c.d:1/\t-\n",
        lambda text: text.replace("\t-\n", "\n"),
    ],
)
def test_a_table_that_is_not_whole_or_not_kgens_is_refused(cluster: Cluster, change: Callable[[str], str]) -> None:
    ended = cluster.run(rows=change(TABLE))
    assert ended.code == 2
    assert "is not as kgen writes it, or not whole; nothing was done" in ended.err
    assert not ended.calls


def test_a_missing_table_or_server_or_a_wrong_option_is_no_result(cluster: Cluster) -> None:
    command = cluster.command()
    missing = subprocess.run(
        [*command[:-1], "/nowhere.tsv"], env=cluster.environment, capture_output=True, text=True, check=False
    )
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "/nowhere.tsv can not be read: kgen verify-files writes it" in missing.stderr
    for options in (("-x",), ("-t", "soon"), ("-d",), ("-j", "-i", "busybox"), ("-i", "x; id"), ("-i", "--all")):
        ended = cluster.run(*options)
        assert (ended.code, ended.out, ended.calls) == (2, "", ""), options
    cluster.write("no-server")
    ended = cluster.run()
    assert (ended.code, ended.err) == (2, "verify.sh: the API server does not answer: dial tcp: connection refused\n")


def test_when_the_time_is_up_the_rest_is_inconclusive(cluster: Cluster) -> None:
    ended = cluster.run("-b", "0")
    assert ended.code == 3
    assert ended.verdict("link", LINK) == ("inconclusive", "the time was up (-b 0)")
    assert ended.verdict("agent", "billing/refunds -> agents.kagent.dev")[0] == "inconclusive"


def test_the_example_says_what_its_readme_shows(
    cluster: Cluster, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = root / "examples/19-verify"
    assert main(["verify-files", str(example), "-o", str(cluster.folder / "out")]) == 0
    shown = (example / "README.md").read_text().partition("```\nshown")[2].partition("```")[0]
    ended = cluster.run("-j", rows=(cluster.folder / "out/links.tsv").read_text())
    assert ended.out == f"shown{shown}"
