"""The layer certificates: authorities of gateways, who may have them, and what agents trust."""

from pathlib import Path

import pytest
import yaml

from kgen.manifests import Manifest
from kgen.topology.gateway_types import VaultIssuer
from kgen.topology.types import Gateway
from tests.layers.build import manifest, platform
from tests.layers.conftest import _problems
from tests.layers.test_egress_gateway import AUTHORITY, GATEWAY, made

ROOT = "Certificate cert-manager/egress-root.team-alpha.egress-gateway.default"
NAME = "egress-ca.team-alpha.egress-gateway.default"
BUNDLE = "Bundle egress-trust.team-alpha.egress-gateway.default"


def certificates(one: Gateway = GATEWAY) -> dict[str, Manifest]:
    return made(one, "certificates")


@pytest.fixture(scope="module")
def problems(shared: Path):
    """What the CRDs of cert-manager and trust-manager have against objects."""
    pytest.importorskip("kubernetes_validate", reason="needs kgen[schemas]")
    crds = tuple(yaml.safe_load(file.read_text()) for file in sorted((shared / "crds/cert-manager").glob("*.yaml")))
    return lambda *manifests: _problems(manifests, crds)


def test_a_root_in_cert_managers_namespace_and_the_gateways_own_authority():
    assert set(certificates()) == {
        "Issuer cert-manager/egress-selfsigned-default",
        ROOT,
        f"ClusterIssuer {NAME}",
        f"ValidatingAdmissionPolicy {NAME}",
        f"ValidatingAdmissionPolicyBinding {NAME}",
        "Certificate team-alpha/egress-gateway-ca",
        BUNDLE,
    }


def test_the_gateways_authority_may_sign_and_nothing_else():
    assert certificates()["Certificate team-alpha/egress-gateway-ca"]["spec"] == manifest(
        """
        isCA: true
        commonName: egress gateway
        subject: {organizations: [team-alpha], organizationalUnits: [egress-gateway]}
        secretName: egress-gateway-ca
        duration: 2160h
        renewBefore: 360h
        usages: [cert sign, digital signature]
        privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
        issuerRef: {name: egress-ca.team-alpha.egress-gateway.default, kind: ClusterIssuer, group: cert-manager.io}
        """
    )


def test_the_root_keeps_its_key_and_outlives_many_of_them():
    spec = certificates()[ROOT]["spec"]
    assert spec["privateKey"]["rotationPolicy"] == "Never"
    assert (spec["duration"], spec["renewBefore"]) == ("87600h", "8760h")
    assert spec["issuerRef"] == {"name": "egress-selfsigned-default", "kind": "Issuer", "group": "cert-manager.io"}


def test_agents_trust_the_usual_authorities_and_the_root_and_see_no_key():
    assert certificates()[BUNDLE]["spec"] == manifest(
        """
        sources:
        - useDefaultCAs: true
        - secret: {name: egress-root.team-alpha.egress-gateway.default, key: tls.crt}
        target:
          configMap: {key: ca-certificates.crt}
          namespaceSelector:
            matchExpressions:
            - {key: kubernetes.io/metadata.name, operator: In, values: [team-alpha, team-beta]}
        """
    )


def test_their_crds_take_them(problems, built_in_problems):
    found = certificates().values()
    assert not problems(*(one for one in found if "cert-manager.io" in one["apiVersion"]))
    assert not built_in_problems(*(one for one in found if "cert-manager.io" not in one["apiVersion"]))


def test_another_issuer_signs_and_another_root_is_trusted(problems):
    other = AUTHORITY._replace(
        root="", issuer="ca", issuer_kind="Issuer", source_kind="ConfigMap", source="corporate", source_key="ca.crt"
    )
    found = certificates(GATEWAY._replace(authority=other))
    assert set(found) == {"Certificate team-alpha/egress-gateway-ca", BUNDLE}
    assert found[BUNDLE]["spec"]["sources"][1] == {"configMap": {"name": "corporate", "key": "ca.crt"}}
    assert not problems(*found.values())


def test_a_vault_signs_for_an_account_that_no_pod_runs_as(problems, built_in_problems):
    vault = VaultIssuer(
        "https://vault.example", "pki/root/sign-intermediate", "/v1/auth/kubernetes", "kgen", "kgen-issuer", True
    )
    other = AUTHORITY._replace(root="", vault=vault, issuer="egress-gateway-issuer", issuer_kind="Issuer", bundle="")
    found = certificates(GATEWAY._replace(authority=other))
    assert set(found) == {
        "Certificate team-alpha/egress-gateway-ca",
        "Issuer team-alpha/egress-gateway-issuer",
        "ServiceAccount team-alpha/kgen-issuer",
        "Role team-alpha/egress-gateway-issuer",
        "RoleBinding team-alpha/egress-gateway-issuer",
    }
    assert found["Role team-alpha/egress-gateway-issuer"]["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "resourceNames": ["kgen-issuer"],
            "verbs": ["create"],
        }
    ]
    ours = [one for one in found.values() if "cert-manager.io" in one["apiVersion"]]
    assert not problems(*ours)
    assert not built_in_problems(*(one for one in found.values() if one not in ours))


def test_a_gateway_that_opens_no_tls_needs_none_of_it():
    assert certificates(GATEWAY._replace(authority=None)) == {}
    assert made(GATEWAY, "certificates", platform(certificates=False)) == {}
