"""What is refused when the Platform is resolved, and which file is named."""

from typing import Any

import pytest

from kgen import kinds
from kgen.load.platform import parameter_fragment, resolve, undeclared_layers
from kgen.manifests import Document, Manifest
from kgen.results import Refused
from tests.kinds.documents import BASELINE, EVERYTHING, document


def platform(spec: Any, file: str) -> Document:
    return document({"apiVersion": kinds.API_VERSION, "kind": "Platform", "spec": spec}, file)


def refusals(
    first: Any, *overlays: Any, layers: frozenset[str] = EVERYTHING, **parameters: str
) -> list[tuple[str, str]]:
    fragments = [platform(spec, f"overlays/{number}/platform.yaml") for number, spec in enumerate(overlays)]
    given = [parameter_fragment(parameters)] if parameters else []
    with pytest.raises(Refused) as refused:
        resolve(platform(first, "platform.yaml"), fragments, given, layers=layers)
    return [(result.file, result.message) for result in refused.value.results]


def test_each_error_names_the_file_it_came_from() -> None:
    assert refusals({"profile": "mesh"}, {"kagent": {"version": 0.1}}, {"kubernetesVersion": "x"}, consent="Maybe") == [
        (
            "platform.yaml",
            'spec.profile: found "mesh", expected Baseline, Mesh, Hardened or ZeroTrust: did you mean Mesh?',
        ),
        (
            "overlays/0/platform.yaml",
            'spec.kagent.version: found 0.1, expected 0.9 or 0.10: write version: "0.10", with the quotes',
        ),
        (
            "overlays/1/platform.yaml",
            'spec.kubernetesVersion: found "x", expected a Kubernetes minor version: '
            'write kubernetesVersion: "1.33", for example',
        ),
        (
            "parameters",
            'spec.consent: found "Maybe", expected NotRequired, CrossNamespace or Required: write consent: NotRequired',
        ),
    ]


def test_what_the_whole_lacks_is_told_at_the_document_that_began_it() -> None:
    peer = "write peer: {namespace: data, podSelector: {matchLabels: {app: db}}}, for example"
    assert refusals({"workloadIdentity": {"strict": True}}, {"kagent": {"clients": {"ui": {}}}}) == [
        ("platform.yaml", "spec.workloadIdentity.className is missing: write className: spire-mgmt-spire, for example"),
        ("overlays/0/platform.yaml", f"spec.kagent.clients.ui.peer is missing: {peer}"),
    ]


def test_a_required_field_may_come_from_another_document() -> None:
    first, overlay = platform({"workloadIdentity": {}}, "a"), platform({"workloadIdentity": {"className": "x"}}, "b")
    assert resolve(first, [overlay], layers=EVERYTHING)["spec"]["workloadIdentity"]["className"] == "x"


@pytest.mark.parametrize("section", ["namespaces", "suspended", "layers", "links"])
def test_null_that_removes_nothing_is_a_mistake(section: str) -> None:
    advice = "write {} to list it with its defaults" if section == "namespaces" else "remove it"
    name = {"namespaces": "a", "layers": "network"}.get(section, "a/b")
    shown = f".{name}" if "/" not in name else f'["{name}"]'
    message = f"spec.{section}{shown}: null removes an entry, and nothing before this set one: {advice}"
    assert refusals({section: {name: None}}) == [("platform.yaml", message)]


def test_an_empty_trust_domain_is_refused() -> None:
    expected = "expected a SPIFFE trust domain in lower case: write trustDomain: "
    assert refusals({"trustDomain": ""}) == [
        ("platform.yaml", f'spec.trustDomain: found "", {expected}cluster.local, for example')
    ]
    assert refusals({}, {"trustDomain": "spiffe://"}) == [
        ("overlays/0/platform.yaml", f'spec.trustDomain: found "spiffe://", {expected}cluster.local, for example')
    ]


def test_what_waits_is_told_at_its_file_even_when_a_later_one_takes_it_back() -> None:
    message = "spec.mesh needs layer mesh, which this version does not have: remove it"
    assert refusals({}, {"mesh": {"mode": "Ambient"}}, {"mesh": None}, layers=BASELINE) == [
        ("overlays/0/platform.yaml", message)
    ]


def test_a_switch_of_a_layer_that_there_is_not_is_told_at_its_file() -> None:
    message = "spec.layers.netwrok names a layer that there is not: did you mean network?"
    assert refusals({}, {"layers": {"netwrok": "Disabled"}}, layers=BASELINE) == [("overlays/0/platform.yaml", message)]


def test_switches_of_own_layers_are_judged_once_those_are_read() -> None:
    spec: Manifest = {"bases": ["layers"], "layers": {"mine": "Enabled", "other": "Enabled"}}
    whole = resolve(platform(spec, "platform.yaml"), [], layers=BASELINE)
    assert [result.message for result in undeclared_layers(whole, frozenset(["mine", "network"]))] == [
        "spec.layers.other names a layer that there is not: name one of mine, network"
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"": "x"}, "parameter '' is no path below spec: write for example kagent.version"),
        (
            {"kagent..version": "x"},
            "parameter 'kagent..version' is no path below spec: write for example kagent.version",
        ),
        ({"bases[0]": "x"}, "parameter 'bases[0]' is no path below spec: write for example kagent.version"),
        (
            {"kagent": "{}", "kagent.version": "0.9"},
            "parameter kagent.version meets another one that sets a part of it: give one of them",
        ),
        (
            {"kagent.version": "0.9", "spec.kagent.version": "0.10"},
            "parameter spec.kagent.version meets another one that sets a part of it: give one of them",
        ),
    ],
)
def test_parameters_that_are_none(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(Refused) as refused:
        parameter_fragment(parameters)
    assert [result.message for result in refused.value.results] == [message]


def test_a_parameter_is_checked_like_anything_else() -> None:
    deep = "[" * 100_000
    fragment = parameter_fragment({"kagent.managePolicies": "maybe", "kagnet.version": "0.9", "bases": deep})
    with pytest.raises(Refused) as refused:
        resolve(None, [], [fragment], layers=EVERYTHING)
    assert [result.message for result in refused.value.results] == [
        "spec.bases: found text (not shown), expected a list: write bases: [teams/alpha], for example",
        'spec.kagent.managePolicies: found "maybe", expected true or false: write true or false',
        "spec.kagnet is no field of Platform: did you mean kagent?",
    ]
