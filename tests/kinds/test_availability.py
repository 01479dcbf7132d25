"""What waits for a layer is refused by name where a user wrote it, and only there."""

from typing import Any

import pytest

from kgen import kinds
from kgen.kinds.availability import ABILITIES, GATES, LAYERS
from kgen.manifests import Manifest
from tests.kinds.documents import BASELINE, EVERYTHING, document


def platform(spec: Manifest) -> Manifest:
    return {"apiVersion": kinds.API_VERSION, "kind": "Platform", "metadata": {"name": "x"}, "spec": spec}


def messages(value: Manifest, layers: frozenset[str]) -> list[str]:
    return [result.message for result in kinds.check(document(value), layers)[1]]


WRITTEN: list[tuple[Manifest, str]] = [
    ({"mesh": {"mode": "Sidecar"}}, "spec.mesh needs layer mesh"),
    ({"mesh": {}}, "spec.mesh needs layer mesh"),
    ({"admission": {}}, "spec.admission needs layer admission"),
    ({"certificates": {}}, "spec.certificates needs layer certificates"),
    ({"workloadIdentity": {"className": "x"}}, "spec.workloadIdentity needs layer workload-identity"),
    ({"egressGateway": {"image": "x"}}, "spec.egressGateway needs layer egress-gateway"),
    ({"monitoring": {}}, "spec.monitoring needs layer monitoring"),
    ({"verify": {}}, "spec.verify needs layer verify"),
    ({"profile": "Mesh"}, "spec.profile Mesh needs layer mesh"),
    ({"profile": "Hardened"}, "spec.profile Hardened needs layer mesh"),
    ({"profile": "ZeroTrust"}, "spec.profile ZeroTrust needs layer mesh"),
    ({"consent": "CrossNamespace"}, "spec.consent CrossNamespace needs consent"),
    ({"files": ["*.yaml"]}, "spec.files needs generator"),
    ({"namespaces": {"a": {"sources": ["a"]}}}, "spec.namespaces.a.sources needs consent"),
    ({"layers": {"mesh": "Disabled"}}, "spec.layers.mesh needs layer mesh"),
]


@pytest.mark.parametrize(("spec", "message"), WRITTEN, ids=[message for _, message in WRITTEN])
def test_what_waits_is_refused_by_name(spec: Manifest, message: str) -> None:
    assert messages(platform(spec), BASELINE) == [f"{message}, which this version does not have: remove it"]
    assert kinds.check(document(platform(spec)), EVERYTHING)[0] is not None


def test_a_profile_waits_for_the_first_layer_that_it_lacks() -> None:
    layers = BASELINE | {"mesh", "admission"}
    (message,) = messages(platform({"profile": "Hardened"}), layers)
    assert message == "spec.profile Hardened needs layer monitoring, which this version does not have: remove it"


def test_the_baseline_waits_for_nothing() -> None:
    spec: dict[str, Any] = {
        "profile": "Baseline",
        "consent": "NotRequired",
        "secrets": {"provider": "Reference"},
        "suspended": {"a/b": "INC-1", "c/*": "audit"},
        "layers": {"network": "Disabled"},
        "bases": ["layers"],
        "links": {"a/b": ["c"]},
    }
    value, results = kinds.check(document(platform(spec)), BASELINE)
    assert value is not None
    assert results == []
    link = {
        "apiVersion": kinds.API_VERSION,
        "kind": "AgentLink",
        "metadata": {"name": "x"},
        "spec": {
            "from": "a/b",
            "to": ["c/d"],
            "egress": [{"host": "api.example.com"}],
            "delegation": {"secretRef": {"name": "s", "key": "k"}},
            "validUntil": "2027-03-31",
            "suspend": True,
        },
    }
    value, results = kinds.check(document(link), BASELINE)
    assert results == []
    assert value is not None
    assert value["spec"]["egress"] == [{"host": "api.example.com", "ports": [443]}]
    assert value["spec"]["delegation"] == {
        "secretRef": {"name": "s", "key": "k"}, "header": "X-Agent-Token", "rotation": ""
    }  # fmt: skip


def test_a_grant_waits_for_consent_and_its_terms_for_the_mesh() -> None:
    grant = {
        "apiVersion": kinds.API_VERSION,
        "kind": "AgentGrant",
        "metadata": {"name": "x", "namespace": "b"},
        "spec": {"from": ["a/*"], "to": "c", "limits": {}},
    }
    assert messages(grant, BASELINE | {"mesh"}) == [
        "kind AgentGrant needs consent, which this version does not have: remove it"
    ]
    assert messages(grant, BASELINE | {"consent"}) == [
        "spec.limits needs layer mesh, which this version does not have: remove it"
    ]
    value, _ = kinds.check(document(grant), EVERYTHING)
    assert value is not None
    assert value["spec"]["limits"] == {"requestsPerSecond": 10, "burst": 20, "maxConnections": 10}


def test_layers_that_there_are_not() -> None:
    assert messages(platform({"layers": {"netwrok": "Disabled"}}), BASELINE) == [
        "spec.layers.netwrok names a layer that there is not: did you mean network?"
    ]
    assert messages(platform({"layers": {"zzz": "Disabled"}}), BASELINE) == [
        "spec.layers.zzz names a layer that there is not: "
        "name one of agents, identity, models, namespaces, network, secrets"
    ]
    own = platform({"layers": {"zzz": "Disabled"}, "bases": ["layers"]})
    assert messages(own, BASELINE) == []


def test_null_in_a_fragment_waits_for_nothing() -> None:
    value, results = kinds.check_fragment(document(platform({"mesh": None, "profile": None})), BASELINE)
    assert (value, results) == (platform({"mesh": None, "profile": None}), [])


def test_wrong_and_waiting_are_told_together_without_doubling() -> None:
    assert messages(platform({"mesh": {"mode": 5}, "profile": "x"}), BASELINE) == [
        'spec.profile: found "x", expected Baseline, Mesh, Hardened or ZeroTrust: write profile: Baseline',
        "spec.mesh needs layer mesh, which this version does not have: remove it",
    ]


def test_every_need_is_a_layer_or_a_known_ability() -> None:
    needs = {need for gates in GATES.values() for gate in gates for need in gate.needs}
    assert needs - set(LAYERS) == ABILITIES
    assert not ABILITIES & set(LAYERS)


def test_an_ability_is_no_layer_to_switch() -> None:
    (message,) = messages(platform({"layers": {"generator": "Enabled"}}), BASELINE | {"generator"})
    assert message.startswith("spec.layers.generator names a layer that there is not")
