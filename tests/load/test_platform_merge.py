"""The Platform of a run: who overrides whom, what is filled in, what null removes."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from kgen import kinds
from kgen.load.platform import merge, overlay_name, parameter_fragment, resolve
from kgen.manifests import Document, Manifest, Origin, get
from kgen.results import INFO, Result
from tests.kinds.documents import EVERYTHING, document, of_kind


def platform(spec: Any, file: str = "platform.yaml", **head: Any) -> Document:
    return document({"apiVersion": kinds.API_VERSION, "kind": "Platform", **head, "spec": spec}, file)


def spec_of(*overlays: Manifest, first: Manifest | None = None, **parameters: str) -> Manifest:
    begin = None if first is None else platform(first)
    fragments = [platform(spec, f"overlays/{number}/platform.yaml") for number, spec in enumerate(overlays)]
    given_parameters = [parameter_fragment(parameters)] if parameters else []
    whole: Manifest = resolve(begin, fragments, given_parameters, layers=EVERYTHING)["spec"]
    return whole


def test_without_a_platform_everything_has_its_default() -> None:
    whole = resolve(None, [], layers=frozenset())
    assert whole["kind"] == "Platform"
    assert whole["metadata"] == {"name": "default"}
    spec = whole["spec"]
    assert (spec["profile"], spec["kubernetesVersion"], spec["trustDomain"]) == ("Baseline", "1.33", "cluster.local")
    assert spec["kagent"] == {
        "version": "0.10",
        "namespace": "kagent",
        "releaseName": "kagent",
        "rbacMode": "ClusterWide",
        "watchNamespaces": [],
        "authMode": "Unsecure",
        "managePolicies": False,
        "clients": {},
    }
    assert spec["network"]["privateCIDRs"][0] == "10.0.0.0/8"
    assert spec["mesh"]["istiod"]["peer"]["ports"] == [15012]
    assert "mode" not in spec["mesh"]
    assert "workloadIdentity" not in spec
    assert "egressGateway" not in spec


def test_later_ones_win_mappings_merge_lists_replace() -> None:
    spec = spec_of(
        {"kagent": {"version": "0.9", "watchNamespaces": ["b"]}, "namespaces": {"y": {}}},
        {"kagent": {"releaseName": "two"}},
        first={"kagent": {"watchNamespaces": ["a", "c"], "releaseName": "one"}, "namespaces": {"x": {"team": "t"}}},
    )
    assert spec["kagent"]["version"] == "0.9"
    assert spec["kagent"]["watchNamespaces"] == ["b"]
    assert spec["kagent"]["releaseName"] == "two"
    assert list(spec["namespaces"]) == ["x", "y"]


def test_parameters_win_over_everything() -> None:
    parameters = {"kagent.version": "0.9", "kagent.managePolicies": "true", "network.apiServer.port": "443"}
    whole = resolve(
        platform({"kagent": {"version": "0.10"}}),
        [platform({"kagent": {"managePolicies": False}}, "overlays/dev/platform.yaml")],
        [parameter_fragment(parameters | {"bases": '["layers"]'})],
        layers=EVERYTHING,
    )
    spec = whole["spec"]
    assert (spec["kagent"]["version"], spec["kagent"]["managePolicies"]) == ("0.9", True)
    assert (spec["network"]["apiServer"]["port"], spec["bases"]) == (443, ["layers"])
    assert whole["metadata"]["name"] == "dev"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("spec.kubernetesVersion", "1.34", "1.34"),
        ("kubernetesVersion", "1.34", "1.34"),
        ("namespaces.a.management", "Shared", "Shared"),
        ('suspended["a/b"]', "4711", "4711"),
        ("secrets.remotePrefix", "true", "true"),
        ("monitoring.labels.release", "x", "x"),
        ("egressGateway.replicas", "3", 3),
        ("argocd.syncWaves", "false", False),
        ("argocd.syncWaves", "no", "no"),
        ("network.infrastructure", '{"otel": {}}', {"otel": {}}),
        ("nowhere.at.all", "5", "5"),
    ],
)
def test_a_parameter_takes_the_type_of_its_field(name: str, text: str, value: Any) -> None:
    fragment = parameter_fragment({name: text})
    path = {'suspended["a/b"]': ("suspended", "a/b")}.get(name, tuple(name.removeprefix("spec.").split(".")))
    assert get(fragment.manifest, "spec", *path) == value
    assert fragment.origin == Origin("parameters")


def test_null_takes_away_what_came_before() -> None:
    first = {
        "namespaces": {"x": {}, "y": {}},
        "kagent": {"version": "0.9"},
        "network": {"dns": {"clusterIP": "10.0.0.1"}},
    }
    spec = spec_of({"namespaces": {"x": None}, "kagent": {"version": None}, "network": {"dns": None}}, first=first)
    assert list(spec["namespaces"]) == ["y"]
    assert spec["kagent"]["version"] == "0.10"
    assert spec["network"]["dns"] == {"flavor": "KubeDNS", "localIP": "169.254.20.10"}
    assert spec_of(first={"mesh": None, "network": {"dns": {"clusterIP": None}}}) == spec_of()


def test_a_written_selector_replaces_the_default_one() -> None:
    """RFC 7386 over the defaults would ask for both labels, which no pod has."""
    spec = spec_of(
        first={"monitoring": {"peer": {"podSelector": {"matchLabels": {"app": "prom"}}}, "labels": {"a": "b"}}}
    )
    assert spec["monitoring"]["peer"] == {"namespace": "monitoring", "podSelector": {"matchLabels": {"app": "prom"}}}
    assert spec["monitoring"]["labels"] == {"a": "b"}


def test_pod_security_is_pinned_to_the_kubernetes_version() -> None:
    spec = spec_of(
        {"kubernetesVersion": "1.34"}, first={"namespaces": {"x": {}, "y": {"podSecurity": {"version": "latest"}}}}
    )
    assert spec["namespaces"]["x"]["podSecurity"] == {
        "enforce": "restricted",
        "audit": "restricted",
        "warn": "restricted",
        "version": "v1.34",
    }
    assert spec["namespaces"]["y"]["podSecurity"]["version"] == "latest"
    assert spec_of(first={"namespaces": {"x": {}}})["namespaces"]["x"]["podSecurity"]["version"] == "v1.33"


def test_spiffe_is_taken_off_a_trust_domain_with_a_note() -> None:
    notes: list[Result] = []
    written = {
        "trustDomain": "spiffe://example.org",
        "workloadIdentity": {"className": "c", "trustDomain": "spiffe://x"},
    }
    whole = resolve(platform({}), [platform(written, "overlays/dev/platform.yaml")], layers=EVERYTHING, notes=notes)
    assert whole["spec"]["trustDomain"] == "example.org"
    assert whole["spec"]["workloadIdentity"]["trustDomain"] == "x"
    assert [(note.severity, note.file, note.message) for note in notes] == [
        (
            INFO,
            "overlays/dev/platform.yaml",
            "spec.trustDomain: spiffe:// is taken off, a trust domain is a name: write example.org",
        ),
        (
            INFO,
            "overlays/dev/platform.yaml",
            "spec.workloadIdentity.trustDomain: spiffe:// is taken off, a trust domain is a name: write x",
        ),
    ]


def test_an_overlay_gives_its_folders_name() -> None:
    def name(*files: str, **head: Any) -> str:
        overlays = [platform({}, file, **head) for file in files]
        found: str = resolve(platform({}, metadata={"name": "base"}), overlays, layers=EVERYTHING)["metadata"]["name"]
        return found

    assert name() == "base"
    assert name("overlays/dev/platform.yaml") == "dev"
    assert name("overlays/dev/platform.yaml", "overlays/eu/platform.yaml") == "eu"
    assert name("overlays/dev/platform.yaml", metadata={"name": "other"}) == "other"
    assert name("platform.yaml") == "base"
    assert overlay_name(Origin("/a/b/dev/platform.yaml")) == "dev"
    assert overlay_name(Origin("./platform.yaml")) == ""


def test_merge_is_rfc_7386() -> None:
    # https://www.rfc-editor.org/rfc/rfc7386, appendix A
    cases: list[tuple[Any, Any, Any]] = [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ]
    for target, patch, result in cases:
        assert merge(target, patch) == result


@given(data=st.data())
def test_resolving_what_was_resolved_changes_nothing(data: st.DataObject) -> None:
    value = data.draw(of_kind("Platform", whole=False))
    value["spec"] = {**value.get("spec", {}), "layers": {}, "workloadIdentity": {"className": "x"}}
    value["spec"].pop("egressGateway", None)
    value["spec"].pop("secrets", None)
    value["spec"].pop("certificates", None)
    if "mesh" in value["spec"]:
        value["spec"]["mesh"] = {"mode": "Sidecar"}
    value["spec"] = {name: item for name, item in value["spec"].items() if name not in _WITH_REQUIRED}
    whole = resolve(document(value), [], layers=EVERYTHING)
    assert resolve(document(whole), [], layers=EVERYTHING) == whole
    assert resolve(document(whole), [document(value)], layers=EVERYTHING)["spec"] == whole["spec"]


_WITH_REQUIRED = ("kagent", "access", "network", "monitoring", "defaults", "machineFiles")
"""Sections in which a fragment without required fields stays incomplete."""
