"""The layer verify: a Job that may only look."""

import json

import pytest

from kgen.manifests import Manifest
from kgen.runtimes import pod_security
from kgen.topology.types import Flow, Peer, Platform, Port, Verification, Verified
from kgen.topology.verification import JOB_PODS
from tests.layers.build import CONTROLLER_PODS, DNS, instances, manifest, objects, platform, topology

WRITER = Peer("team-beta", {"matchLabels": {"app": "kagent", "kagent": "writer"}})
JOB = Verification(
    image="registry.example/kubectl:1.33",
    rows=("# head\n", "link\ta/b\tc/d\n"),
    needs=(Flow("verify", (Peer(cidr="10.0.0.10/32"),), (Port(6443),)), DNS),
    attempts=(Flow("attempt", (WRITER,), (Port(8080),)),),
    makes_namespace=True,
    namespace_presence="defined",
)
BETA = Verified("team-beta", "defined", ("writer",), ("shop", "writer"), ("store",))


def made(*verified: Verified, on: Platform | None = None) -> dict[str, Manifest]:
    whole = topology(on=on or platform(verification=JOB))
    return objects("verify", whole._replace(verified=verified))


def pod() -> Manifest:
    template: Manifest = made()["Job kgen-system/kgen-verify-default"]["spec"]["template"]
    return template


def test_without_a_job_there_is_nothing():
    assert made(on=platform()) == {}


def test_all_that_it_makes():
    assert set(made(BETA)) == {
        "Namespace kgen-system",
        "ServiceAccount kgen-system/kgen-verify-default",
        "ConfigMap kgen-system/kgen-verify-default",
        "NetworkPolicy kgen-system/kgen-verify-default",
        "Job kgen-system/kgen-verify-default",
        "Role team-beta/kgen-verify-default",
        "RoleBinding team-beta/kgen-verify-default",
    }
    listed = platform(verification=JOB._replace(makes_namespace=False))
    assert "Namespace kgen-system" not in made(on=listed)


def test_with_cilium_the_api_server_is_let_through_wherever_it_runs():
    """A block of addresses takes in no node."""
    found = made(on=platform(verification=JOB._replace(api_server_port=8443), cni="Cilium"))
    api_server = found["CiliumNetworkPolicy kgen-system/kgen-verify-default"]["spec"]
    assert api_server == {
        "endpointSelector": JOB_PODS,
        "egress": [
            {"toEntities": ["kube-apiserver"], "toPorts": [{"ports": [{"port": "8443", "protocol": "TCP"}]}]},
        ],
    }
    assert (
        found["NetworkPolicy kgen-system/kgen-verify-default"]
        == made()["NetworkPolicy kgen-system/kgen-verify-default"]
    )


def test_the_namespace_it_makes_is_pinned():
    labels = made(on=platform(verification=JOB, pod_security_version="v1.33"))["Namespace kgen-system"]["metadata"][
        "labels"
    ]
    assert labels == {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", "restricted"), ("-version", "v1.33"))
    }


def test_exec_as_a_verb():
    """There is none: exec is create on pods/exec. The Job has neither, no list, no Secret, and may make no pod."""
    rules = made(BETA)["Role team-beta/kgen-verify-default"]["rules"]
    assert rules == [
        {"apiGroups": ["kagent.dev"], "resources": ["agents"], "resourceNames": ["writer"], "verbs": ["get"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["shop", "writer"], "verbs": ["get"]},
        {"apiGroups": ["apps"], "resources": ["statefulsets"], "resourceNames": ["store"], "verbs": ["get"]},
    ]


def test_an_empty_list_of_names_would_mean_all_of_them():
    [rule] = made(BETA._replace(agents=(), stateful_sets=()))["Role team-beta/kgen-verify-default"]["rules"]
    assert rule["resourceNames"] == ["shop", "writer"]


def test_in_a_namespace_of_somebody_elses_the_role_is_proposed():
    whole = topology(on=platform(verification=JOB))._replace(verified=(BETA._replace(presence="proposed"),))
    found = instances("verify", whole)
    assert {name for name, one in found.items() if one.presence == "proposed"} == {
        "Role team-beta/kgen-verify-default",
        "RoleBinding team-beta/kgen-verify-default",
    }


def test_it_gets_out_to_the_api_server_and_dns_and_to_the_agents_that_have_to_refuse_it():
    assert made()["NetworkPolicy kgen-system/kgen-verify-default"]["spec"] == manifest(
        """
        podSelector: {matchLabels: {kgen.dev/job: verify}}
        policyTypes: [Ingress, Egress]
        egress:
        - to:
          - ipBlock: {cidr: 10.0.0.10/32}
          ports: [{protocol: TCP, port: 6443}]
        - to:
          - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
            podSelector: {matchLabels: {k8s-app: kube-dns}}
          ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
        - to:
          - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team-beta}}
            podSelector: {matchLabels: {app: kagent, kagent: writer}}
          ports: [{protocol: TCP, port: 8080}]
        """
    )


def test_its_pod_is_matched_by_no_service_of_an_agent_and_in_no_mesh():
    labels = pod()["metadata"]["labels"]
    assert labels.items() >= JOB_PODS["matchLabels"].items()
    assert all(key.partition("/")[0] in ("kgen.dev", "sidecar.istio.io", "istio.io") for key in labels)
    assert not labels.items() & CONTROLLER_PODS["matchLabels"].items()
    assert (labels["sidecar.istio.io/inject"], labels["istio.io/dataplane-mode"]) == ("false", "none")


def test_its_pod_is_restricted_reads_no_secret_and_ends():
    job, spec = made()["Job kgen-system/kgen-verify-default"]["spec"], pod()["spec"]
    assert not list(pod_security.violations(spec, "restricted"))
    assert "secret" not in json.dumps(spec).lower()
    [container] = spec["containers"]
    assert [*container["command"], *container["args"]] == [
        "sh", "/verify/verify.sh", "-j", "-w", "300", "-b", "1200"]  # fmt: skip
    assert (job["backoffLimit"], spec["restartPolicy"]) == (0, "Never")
    assert job["activeDeadlineSeconds"] > 1200


def test_it_runs_after_a_sync_and_its_log_stays_until_the_next():
    annotations = made()["Job kgen-system/kgen-verify-default"]["metadata"]["annotations"]
    assert annotations == {
        "argocd.argoproj.io/hook": "PostSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
    }


def test_the_script_is_constant_and_the_table_lies_beside_it(root):
    data = made()["ConfigMap kgen-system/kgen-verify-default"]["data"]
    assert data.pop("links.tsv") == "# head\nlink\ta/b\tc/d\n"
    assert set(data) == {"verify.sh", "requests.sh", "checks.sh", "enforcement.sh", "answer.awk", "ask.py"}
    for name, text in data.items():
        assert text == (root / "bases/verify" / name).read_text()


@pytest.mark.parametrize("name", ["Job", "Role", "NetworkPolicy", "ConfigMap"])
def test_what_kubernetes_has_itself_fits_its_schemas(built_in_problems, name):
    assert built_in_problems(*(each for key, each in made(BETA).items() if key.startswith(f"{name} "))) == []
