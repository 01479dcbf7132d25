"""The issuer of a gateway's authority signs for that gateway alone, at a real API server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.api import Answer, Api
from tests.clients.crds import definitions
from tests.clients.rendering import render

MASTERS = "system:masters"
ISSUER = "egress-ca.research.egress-gateway.example"
MANAGER = "system:serviceaccount:cert-manager:cert-manager"
KINDS = ("Certificate", "CertificateRequest", "ClusterIssuer", "Issuer")

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def server(api_server: Callable[[str], Api], shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """With the layer certificates of example 15 in force."""
    api = api_server("0.10")
    api.establish(definitions(shared / "crds", [("cert-manager.io", kind) for kind in KINDS], "0.10"))
    bundle = render(("examples/15-egress-gateway",))
    ours = [
        each
        for each in bundle
        if each["kind"] in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ClusterIssuer")
    ]
    for name in ("research", "legal"):
        api.make_namespace(name)
    try:
        for each in ours:
            answer = api.apply(each)
            assert answer.admitted, answer.message
        until = time.monotonic() + 20
        while asks(api, certificate("stranger")).admitted and time.monotonic() < until:
            time.sleep(0.2)
        yield api
    finally:
        for each in reversed(ours):
            api.delete(each)
        time.sleep(1)
        for name in ("research", "legal"):
            api.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def certificate(name: str, namespace: str = "research", issuer: str = ISSUER, **spec: Any) -> dict[str, Any]:
    reference = {"name": issuer, "kind": "ClusterIssuer", "group": "cert-manager.io"}
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"secretName": name, "isCA": True, "commonName": "x", "issuerRef": reference, **spec},
    }


def request(namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "CertificateRequest",
        "metadata": {"name": "made-1", "namespace": namespace},
        "spec": {"request": "eA==", "isCA": True, "issuerRef": {"name": ISSUER, "kind": "ClusterIssuer"}},
    }


def asks(api: Api, manifest: dict[str, Any], user: str = "alice") -> Answer:
    return api.try_create(manifest, user, MASTERS)


def test_it_signs_the_gateways_certificate(server: Api) -> None:
    answer = asks(server, certificate("egress-gateway-ca"))
    assert answer.admitted, answer.message


@pytest.mark.parametrize("name, namespace", [("stranger", "research"), ("egress-gateway-ca", "legal")])
def test_it_signs_no_other(server: Api, name: str, namespace: str) -> None:
    answer = asks(server, certificate(name, namespace))
    assert not answer.admitted
    assert "this issuer signs for the egress gateway research/egress-gateway alone" in answer.message


def test_another_certificate_can_not_be_turned_to_it(server: Api) -> None:
    mine = certificate("mine", issuer="own")
    assert server.apply(mine, "alice", MASTERS).admitted
    try:
        assert not server.apply(certificate("mine"), "alice", MASTERS).admitted
    finally:
        server.delete(mine)


def test_only_cert_manager_makes_requests_and_only_there(server: Api) -> None:
    assert asks(server, request("research"), MANAGER).admitted
    assert not asks(server, request("research")).admitted
    assert not asks(server, request("legal"), MANAGER).admitted


def test_other_issuers_are_nobodys_business(server: Api) -> None:
    assert asks(server, certificate("mine", issuer="own")).admitted
