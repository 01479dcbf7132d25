"""The table of verification: who is asked to call whom, and what must not be asked."""

import pytest

from kgen.results import Refused
from kgen.topology import build as topology_of
from kgen.topology.types import Flow, Peer, Port, Topology
from kgen.topology.verification import row, rows
from tests.topology.build import build, call, define, link, platform_of
from tests.topology.refusals_verify import JOB, LINK, SERVER

MESH = "mesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}"
TEAMS = define("alpha/planner") + define("alpha/other") + define("beta/writer") + LINK


def table(text: str, platform: str = SERVER) -> list[str]:
    """The rows but for head and end, their columns between blanks."""
    made = build(text, platform)
    found = rows(platform_of(platform).manifest["spec"], made.platform)
    assert found[-1] == row("end", str(len(found) - 3), "-", "-", "-")
    return [line.rstrip("\n").replace("\t", " ") for line in found[1:-1]]


def of(check: str, *given: str) -> list[str]:
    return [line.partition(" ")[2] for line in table(*given) if line.startswith(f"{check} ")]


def test_the_table_of_a_link() -> None:
    assert table(define("alpha/planner") + define("beta/writer") + LINK) == [
        "table 1 example none idle",
        "agent alpha/planner agents.kagent.dev app=kagent,kagent=planner enforced",
        "agent beta/writer agents.kagent.dev app=kagent,kagent=writer enforced",
        "control alpha/planner kagent/kagent-controller http://kagent-controller.kagent:8083/health -",
        "control beta/writer kagent/kagent-controller http://kagent-controller.kagent:8083/health -",
        "link alpha/planner beta/writer http://writer.beta:8080/ -",
        "undeclared beta/writer alpha/planner http://planner.alpha:8080/ -",
        "stranger - alpha/planner http://planner.alpha:8080/ -",
        "stranger - beta/writer http://writer.beta:8080/ -",
        "egress alpha/planner default/kubernetes https://kubernetes.default.svc/version -",
        "egress beta/writer default/kubernetes https://kubernetes.default.svc/version -",
    ]


def test_who_may_not_call_is_sought_beside_a_caller_first_and_before_that_among_those_cut_off() -> None:
    assert "alpha/other beta/writer http://writer.beta:8080/ -" in of("undeclared", TEAMS)
    cut = (
        define("aaa/first")
        + TEAMS
        + link("from: gamma/late\nto: beta/writer\nsuspend: true", "cut")
        + define("gamma/late")
    )
    assert "gamma/late beta/writer http://writer.beta:8080/ -" in of("undeclared", cut)
    assert "aaa/first gamma/late http://late.gamma:8080/ -" in of("undeclared", cut)


def test_nobody_is_undeclared_where_everybody_may_call() -> None:
    both = define("alpha/planner") + define("beta/writer") + call("alpha/planner", "beta/writer")
    assert not [line for line in of("undeclared", both) if " beta/writer " in f" {line.split()[1]} "]


def test_what_infrastructure_lets_in_is_not_undeclared() -> None:
    door = "front: {direction: Ingress, peer: {namespace: alpha, podSelector: {}}, agents: [beta/writer]}"
    platform = f"network: {{apiServer: {{cidrs: [10.0.0.10/32]}}, infrastructure: {{{door}}}}}"
    assert not [line for line in of("undeclared", TEAMS, platform) if line.split()[1] == "beta/writer"]
    anybody = platform.replace("peer: {namespace: alpha, podSelector: {}}", "cidr: 10.9.0.0/16")
    assert not [line for line in of("undeclared", TEAMS, anybody) if line.split()[1] == "beta/writer"]
    assert not [line for line in of("stranger", TEAMS, anybody) if "beta/writer" in line]
    assert [line for line in of("stranger", TEAMS, platform) if "beta/writer" in line]


@pytest.mark.parametrize(
    ("egress", "asked"),
    [
        ("{cidr: 10.0.0.0/24, ports: [6443]}", False),
        ("{cidr: 10.0.0.0/24, ports: [443]}", True),
        ("{cidr: 10.0.1.0/24, ports: [6443]}", True),
        ("{cidr: '2001:db8::/32', ports: [6443]}", True),
        ("{host: api.example.com, ports: [6443]}", True),
    ],
)
def test_egress_that_a_flow_asks_for_is_not_tried(egress: str, asked: bool) -> None:
    text = define("alpha/planner") + link(f"from: alpha/planner\negress: [{egress}]", "out")
    assert bool(of("egress", text)) == asked


def test_without_its_address_the_api_server_may_be_anywhere() -> None:
    assert of("egress", define("alpha/planner"), "") == ["alpha/planner default/kubernetes - -"]
    public = "network: {apiServer: {cidrs: [203.0.113.10/32], port: 443}}"
    model = "\ndefaults: {model: {provider: Ollama, model: m}}"
    assert of("egress", define("alpha/planner"), public + model) == []


def test_under_observe_nothing_is_refused_yet() -> None:
    observed = f"namespaces: {{beta: {{enforcement: Observe}}}}\n{SERVER}"
    found = table(TEAMS, observed)
    assert "agent beta/writer agents.kagent.dev app=kagent,kagent=writer observed" in found
    assert [line.split()[0] for line in found if "beta/writer" in line.split()[2:3]] == ["link"]
    assert not of("egress", define("beta/writer"), observed)


def test_a_mesh_adds_what_only_it_refuses() -> None:
    grant = (
        "---\napiVersion: kgen.dev/v1alpha1\nkind: AgentGrant\nmetadata: {name: writer, namespace: beta}\n"
        "spec: {from: [alpha/planner], to: writer, jwt: {issuer: 'https://idp.example', audiences: [w], "
        "jwksUri: 'https://idp.example/keys'}}\n"
    )
    platform = f"profile: Mesh\n{MESH}\nconsent: NotRequired\n{SERVER}"
    found = table(TEAMS + grant, platform)
    assert found[0] == "table 1 example Sidecar enforced"
    assert "link alpha/planner beta/writer http://writer.beta:8080/ token" in found
    assert [line for line in found if line.startswith("token")] == [
        "token alpha/planner beta/writer http://writer.beta:8080/ -"
    ]
    guard = "alpha/planner kagent/kagent-controller http://kagent-controller.kagent:8083/api/agents -"
    assert guard in of("guard", TEAMS, platform)
    assert not of("guard", TEAMS)


def test_a_workload_is_called_at_its_own_service_and_path() -> None:
    shop = (
        "from: alpha/planner\nto: {namespace: shop, name: store, kind: Deployment, serviceAccountName: store, "
        "podSelector: {matchLabels: {b: c, a/x: z}}, service: {name: front, port: 81, paths: [/a2a, /b]}}"
    )
    found = table(define("alpha/planner") + link(shop))
    assert "agent shop/store deployments.apps a/x=z,b=c enforced" in found
    assert "link alpha/planner shop/store http://front.shop:81/a2a -" in found
    assert not [line for line in found if line.startswith("control shop/store")]
    expressions = shop.replace("matchLabels: {b: c, a/x: z}", "matchExpressions: [{key: a, operator: Exists}]")
    assert "agent shop/store deployments.apps - enforced" in table(define("alpha/planner") + link(expressions))


@pytest.mark.parametrize("column", ["", "a b", "a\tb", "a\nb", "ä", "a\x00"])
def test_a_column_that_would_be_two_is_refused(column: str) -> None:
    with pytest.raises(ValueError, match="no column of a table"):
        row("link", column)


def job(platform: str = f"{JOB}\n{SERVER}", text: str = TEAMS) -> Topology:
    return build(text, platform)


def test_the_job_needs_the_api_server_and_dns_and_tries_the_agents() -> None:
    made = job().platform.verification
    assert made
    server, dns = made.needs
    assert server == Flow("verify", (Peer(cidr="10.0.0.10/32"),), (Port(6443),))
    assert dns.name == "dns"
    [attempt] = made.attempts
    assert attempt.ports == (Port(8080),)
    assert [(peer.namespace, peer.pod_selector["matchLabels"]["kagent"]) for peer in attempt.peers] == [
        ("alpha", "other"), ("alpha", "planner"), ("beta", "writer")]  # fmt: skip


def test_the_job_reads_each_namespace_by_name() -> None:
    assert [tuple(each) for each in job().verified] == [
        ("alpha", "defined", ("other", "planner"), ("other", "planner"), ()),
        ("beta", "defined", ("writer",), ("writer",), ()),
    ]
    assert [each.presence for each in job(text=LINK).verified] == ["proposed", "proposed"]


def test_the_namespace_is_made_once() -> None:
    def makes(more: str) -> bool:
        made = job(f"{more}\n{SERVER}").platform.verification
        assert made
        return made.makes_namespace

    assert makes(JOB)
    assert not makes(f"{JOB}\nnamespaces: {{kgen-system: {{}}}}")
    admitted = JOB.replace("verify: Enabled", "verify: Enabled, admission: Enabled", 1)
    assert not makes(f"{admitted}\nadmission: {{trustedWriters: [me]}}")


@pytest.mark.parametrize("platform", ["", "layers: {verify: Enabled}", "verify: {mode: Script, image: x}"])
def test_without_the_job_nothing_is_made(platform: str) -> None:
    made = build(TEAMS, platform)
    assert (made.platform.verification, made.verified) == (None, ())


def test_a_job_that_is_asked_for_while_the_layer_is_off_is_said() -> None:
    [warning] = [each for each in job("verify: {mode: PostSyncJob, image: x}").results if each.rule == "verify-off"]
    assert (warning.severity, warning.field) == ("warning", "spec.verify.mode")
    assert warning.message == "PostSyncJob makes nothing while the layer is off: set spec.layers: {verify: Enabled}"


def test_the_name_of_the_platform_is_part_of_a_jobs() -> None:
    written = platform_of(f"{JOB}\n{SERVER}")
    named = written._replace(manifest={**written.manifest, "metadata": {"name": "x" * 52}})
    listed = {**named.manifest["spec"], "namespaces": platform_of("namespaces: {a: {}}").manifest["spec"]["namespaces"]}
    with pytest.raises(Refused) as error:
        topology_of((), named._replace(manifest={**named.manifest, "spec": listed}), as_of=lambda: "2026-06-15")
    found = [each for each in error.value.results if each.severity == "error"]
    assert [each.message for each in found] == [
        "has 52 characters, and the Job of verification leaves it 51: shorten it"
    ]
