"""Whatever an Application says: a state or a refusal, never a crash; and never more than the floor allows."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from kgen.entry import argocd, argocd_parameters, floor
from kgen.entry.argocd_errors import short
from kgen.results import ERROR, Refused
from tests.argocd.conftest import LINK, Repository

PATHS = (
    *(
        "profile",
        "kagent.version",
        "namespaces",
        'namespaces["x"].management',
        "links",
        "files",
        "bases",
        "network.cni",
    ),
    *("suspended", "spec.spec", "defaults.model", "layers.network", "a[0]", "", ".", "..", "*", "naming"),
)
NAMES = st.sampled_from([*argocd_parameters.CHOICES, *PATHS]) | st.text(max_size=12)
TEXTS = st.sampled_from(["", "true", "null", "[]", "{}", "../..", "/etc", "production", "Baseline", "a", "{", "1e999"])
TEXT = TEXTS | st.text(max_size=20)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
ITEMS = st.fixed_dictionaries(
    {}, optional={"name": NAMES, "string": TEXT | VALUES, "array": st.lists(TEXT) | VALUES, "map": VALUES}
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parameters=st.lists(ITEMS, max_size=3) | VALUES)
def test_a_state_or_a_refusal(parameters: Any, hostile_folder: None) -> None:
    environment = {argocd_parameters.PARAMETERS: json.dumps(parameters)}
    try:
        argocd.generate(environment)
    except Refused as refused:
        told = short(refused).results
        assert told
        assert all(result.severity == ERROR for result in told)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parameters=st.lists(ITEMS, max_size=3))
def test_under_a_floor_the_guardrails_are_always_there(parameters: Any, hostile_folder: None) -> None:
    environment = {argocd_parameters.PARAMETERS: json.dumps(parameters), floor.PROFILE: "Baseline"}
    environment[floor.LOCKED] = "namespace cluster-scoped platform namespaces.*"
    try:
        found = argocd.generate(environment).manifests
    except Refused:
        return
    assert {"default-deny", "x-egress", "y-ingress"} <= {each["metadata"]["name"] for each in found}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(floor.NAMES), value=TEXT)
def test_a_floor_of_any_text_holds_or_is_refused(name: str, value: str, hostile_folder: None) -> None:
    with contextlib.suppress(Refused):
        argocd.generate({name: value})


@pytest.fixture
def hostile_folder(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = (
        "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\nspec: {namespaces: {a: {}, b: {}}}\n"
    )
    monkeypatch.chdir(repository({"link.yaml": LINK, "env/p.yaml": "{}"}))
    with open("platform.yaml", "w") as stream:
        stream.write(platform)
