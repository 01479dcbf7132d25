"""A real Kubernetes API server for each kagent version, started when the first test asks for it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.api import Api, Manifest

# After the last policy with ConfigMaps as parameters has gone, the API server (1.36) was seen to find none for those
# that came later: "no params found", for as long as it ran. This one stays, so that tests can take their policies away;
# it is about nothing.
ANCHOR: tuple[Manifest, ...] = (
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "tests-anchor"},
        "spec": {
            "failurePolicy": "Ignore",
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["configmaps"],
                        "resourceNames": ["tests-anchor"],
                    }
                ]
            },
            "validations": [{"expression": "true"}],
        },
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "tests-anchor"},
        "spec": {
            "policyName": "tests-anchor",
            "paramRef": {"name": "tests-anchor", "namespace": "default", "parameterNotFoundAction": "Allow"},
            "validationActions": ["Audit"],
        },
    },
)


@pytest.fixture(scope="session")
def api_server(
    shared: Path, client: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Api]]:
    """A function from a kagent version to its API server: the versions' CRDs have the same names."""
    binaries = client("kube-apiserver").parent
    scripts = shared / "tools/kube"
    states: dict[str, Path] = {}
    servers: dict[str, Api] = {}

    def start(version: str) -> Api:
        if version not in servers:
            state = states[version] = tmp_path_factory.mktemp(f"api-server-{version}") / "state"
            run = subprocess.run(
                [scripts / "kube-up", "--state", state],
                env={**os.environ, "KUBE_BIN": str(binaries)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # not a pipe: the servers keep it open
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=120,
            )
            if run.returncode:
                log = state / "apiserver.log"
                tail = log.read_text()[-3000:] if log.exists() else "and wrote no log"
                pytest.fail(f"kube-up ended with {run.returncode}:\n{tail}", pytrace=False)
            servers[version] = Api(state / "kubeconfig")
            servers[version].make_namespace("default")
            for each in ANCHOR:
                assert servers[version].apply(each).admitted
        return servers[version]

    yield start
    for state in states.values():
        subprocess.run([scripts / "kube-down", "--state", state], capture_output=True, check=False)
