"""The floor: what the sidecar's own environment says holds against everything that a repository or request can say."""

import json
from pathlib import Path
from typing import Any

import pytest

from kgen.entry import argocd, floor
from kgen.entry.argocd_parameters import CHOICES, PARAMETERS
from kgen.entry.request import Request
from kgen.load import layers
from kgen.manifests import Document, Origin
from kgen.results import ERROR, Refused
from tests.argocd.cmp_server import Server
from tests.argocd.conftest import LINK, Repository

LOWER = {
    "profile": {"profile": "Baseline"},
    "null-profile": {"profile": None},
    "layer": {"layers": {"network": "Disabled"}},
    "observe": {"namespaces": {"a": {"enforcement": "Observe"}}},
}


def fragment(spec: dict[str, Any], name: str = "p") -> str:
    return json.dumps({"apiVersion": "kgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": name}, "spec": spec})


def run(folder: Path, sidecar: dict[str, str], parameters: Any = None, **env: str) -> str:
    """The messages of a refusal; "" where there is none."""
    environment = {**sidecar, PARAMETERS: json.dumps(parameters), **env}
    try:
        argocd.generate(environment)
    except Refused as refused:
        return " | ".join(result.message for result in refused.results if result.severity == ERROR)
    return ""


@pytest.fixture
def least() -> dict[str, str]:
    return {floor.PROFILE: "Baseline"}


WAYS = ("platform", "platform-file", "overlay", "two-overlays", "values", "by-path")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["layer", "observe"])
def test_no_way_to_lower_it(
    name: str, way: str, least: dict[str, str], repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, files, parameters = LOWER[name], {"link.yaml": LINK}, []
    [(section, value)] = spec.items()
    if way == "platform":
        files["p.yaml"] = fragment(spec)
    elif way == "platform-file":
        files["env/.p/p.yaml"] = fragment(spec)
        parameters = [{"name": "platform", "string": "env/.p/p.yaml"}]
    elif "overlay" in way:
        files["overlays/low/platform.yaml"] = fragment(spec, "low")
        parameters = [
            {"name": "overlay", "array": ["dev", "overlays/low"] if way == "two-overlays" else ["overlays/low"]}
        ]
    elif way == "values":
        parameters = [{"name": "values", "map": {section: json.dumps(value)}}]
    else:
        parameters = [{"name": section, "string": json.dumps(value)}]
    monkeypatch.chdir(repository(files))
    assert run(Path(), {}, parameters) == ""
    assert f"below {floor.PROFILE} of this Argo CD" in run(Path(), least, parameters)


def test_the_profile_itself(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert run(Path(), {floor.PROFILE: "Baseline"}) == ""
    message = run(Path(), {floor.PROFILE: "Hardened"}, [{"name": "profile", "string": "Baseline"}])
    assert message == "profile is Baseline, below KGEN_MINIMUM_PROFILE of this Argo CD: set it to Hardened or higher"
    assert "below KGEN_MINIMUM_PROFILE" in run(Path(), {floor.PROFILE: "ZeroTrust"}, ARGOCD_ENV_KGEN_PROFILE="Baseline")


@pytest.mark.parametrize("found", floor.PROFILES)
@pytest.mark.parametrize("wanted", floor.PROFILES)
def test_profiles_have_an_order(found: str, wanted: str) -> None:
    spec = {"profile": found, "layers": {}, "namespaces": {}, "consent": "NotRequired"}
    low = floor.Floor(profile=wanted).below(request_of(spec))
    assert bool(low) == (floor.PROFILES.index(found) < floor.PROFILES.index(wanted))


@pytest.mark.parametrize(
    "given, found, ok",
    [
        ("Required", "Required", True),
        ("Required", "CrossNamespace", False),
        ("true", "CrossNamespace", False),
        ("CrossNamespace", "Required", True),
        ("CrossNamespace", "NotRequired", False),
        ("false", "NotRequired", True),
        ("", "NotRequired", True),
    ],
)
def test_consent_has_an_order(given: str, found: str, ok: bool) -> None:
    spec = {"profile": "Baseline", "layers": {}, "namespaces": {}, "consent": found}
    assert (floor.read({floor.CONSENT: given}, CHOICES).below(request_of(spec)) == []) is ok


def request_of(spec: dict[str, Any]) -> Request:
    return Request((), Document({"spec": spec}, Origin()), (layers.shipped("network"),), (), (), {})


def test_consent_that_this_version_can_not_hold_is_no_render(repository: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert "below KGEN_REQUIRE_CONSENT" in run(Path(), {floor.CONSENT: "true"})


PATCH = """\
- target: {kind: %s}
  patch: [{op: add, path: /metadata/annotations/x, value: z}]
"""


def test_a_patch_leaves_what_kgen_makes_alone(least: dict[str, str], repository: Any, monkeypatch: Any) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: a, annotations: {k: v}}\n"
    files = {"link.yaml": LINK, "p.yaml": fragment({"namespaces": {"a": {}}}), "c.yaml": config}
    files["overlays/mine/patches.yaml"] = PATCH % "Namespace"
    files["overlays/own/patches.yaml"] = PATCH % "ConfigMap"
    monkeypatch.chdir(repository(files))
    mine, own = ([{"name": "overlay", "string": f"overlays/{name}"}] for name in ("mine", "own"))
    assert run(Path(), {}, mine) == ""
    assert run(Path(), least, own) == ""
    assert "no patch may change it" in run(Path(), least, mine)
    assert "patches are locked" in run(Path(), {floor.LOCKED: "patches"}, own)
    assert run(Path(), {**least, floor.LOCKED: "patches overlay=overlays/mine"}) == ""


@pytest.mark.parametrize("way", ["platform", "overlay", "values", "by-path", "null", "environment"])
def test_a_locked_field_is_written_nowhere(way: str, repository: Any, monkeypatch: Any) -> None:
    files, parameters, env = {"link.yaml": LINK}, [], {}
    spec: dict[str, Any] = {"profile": None if way == "null" else "Baseline"}
    if way in ("platform", "null"):
        files["p.yaml"] = fragment(spec)
    elif way == "overlay":
        files["overlays/low/platform.yaml"] = fragment(spec, "low")
        parameters = [{"name": "overlay", "string": "overlays/low"}]
    elif way == "values":
        parameters = [{"name": "values", "map": {"spec.profile": "Baseline"}}]
    elif way == "by-path":
        parameters = [{"name": "profile", "string": "Baseline"}]
    else:
        env = {"ARGOCD_ENV_KGEN_PROFILE": "Baseline"}
    monkeypatch.chdir(repository(files))
    assert run(Path(), {floor.LOCKED: "profile"}) == ("" if parameters or env else LOCKED_PROFILE)
    assert run(Path(), {floor.LOCKED: "profile"}, parameters, **env) == LOCKED_PROFILE


LOCKED_PROFILE = "profile is locked by KGEN_LOCKED_PARAMETERS: take it out"


def test_a_lock_with_a_value_is_that_value(repository: Any, monkeypatch: Any) -> None:
    files = {"link.yaml": LINK, "p.yaml": fragment({"kagent": None, "namespaces": {"a": {}}})}
    folder = repository(files)
    monkeypatch.chdir(folder)
    locked = {floor.LOCKED: "kagent.namespace=kagent-prod,argocd.syncWaves=false"}
    text = json.dumps(argocd.generate(locked).manifests)
    assert "kagent-prod" in text
    assert "sync-wave" not in text
    same = [
        {"name": "kagent.namespace", "string": "kagent-prod"},
        {"name": "values", "map": {"argocd.syncWaves": "false"}},
    ]
    assert run(folder, locked, same) == ""
    other = run(folder, locked, [{"name": "kagent.namespace", "string": "mine"}])
    assert other == "kagent.namespace is locked by KGEN_LOCKED_PARAMETERS: write kagent-prod, or take it out"


def test_a_star_stands_for_any_name(repository: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(
        repository({"link.yaml": LINK, "p.yaml": fragment({"namespaces": {"a": {}, "b": {"team": "t"}}})})
    )
    assert run(Path(), {floor.LOCKED: "namespaces.*.enforcement"}) == ""
    assert "namespaces.b.team is locked" in run(Path(), {floor.LOCKED: "namespaces.*.team"})
    lower = [{"name": "namespaces.a.enforcement", "string": "Observe"}]
    assert "namespaces.a.enforcement is locked" in run(Path(), {floor.LOCKED: "namespaces.*.enforcement"}, lower)
    assert "namespaces is locked" in run(Path(), {floor.LOCKED: "namespaces"})


def test_a_namespace_that_the_sidecar_itself_lets_observe(
    least: dict[str, str], repository: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK, "p.yaml": fragment({"namespaces": {"a": {}, "b": {}}})}))
    assert run(Path(), {**least, floor.LOCKED: "namespaces.a.enforcement=Observe"}) == ""


@pytest.mark.parametrize(
    "lock, parameter",
    [
        ("overlay", {"name": "overlay", "string": "dev"}),
        ("overlay=production", {"name": "overlay", "array": ["production", "dev"]}),
        ("overlay=production", {"name": "overlay", "string": "dev"}),
        ("platform", {"name": "platform", "string": "p.yaml"}),
        ("platform=p.yaml", {"name": "platform", "string": "other.yaml"}),
        ("namespace", {"name": "namespace", "string": "a"}),
        ("cluster-scoped", {"name": "cluster-scoped", "string": "true"}),
        ("values", {"name": "values", "map": {"kagent.namespace": "x"}}),
        ("values", {"name": "kagent.namespace", "string": "x"}),
    ],
)
def test_a_locked_parameter_is_not_given(lock: str, parameter: Any, repository: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK, "p.yaml": fragment({}), "other.yaml": LINK}))
    message = run(Path(), {floor.LOCKED: lock}, [parameter])
    assert "is locked by KGEN_LOCKED_PARAMETERS of this Argo CD" in message


def test_a_locked_parameter_with_a_value_is_that_value(repository: Any, monkeypatch: Any) -> None:
    low = fragment({"argocd": {"syncWaves": False}, "namespaces": {"a": {}}}, "low")
    monkeypatch.chdir(
        repository({"link.yaml": LINK, "overlays/low/platform.yaml": low, "overlays/x/platform.yaml": low})
    )
    assert "sync-wave" not in json.dumps(argocd.generate({floor.LOCKED: "overlay=overlays/low"}).manifests)


def test_what_a_lock_names_may_say_what_nobody_else_may(repository: Any, monkeypatch: Any) -> None:
    listed = fragment({"namespaces": {"a": {}}, "network": {"cni": "Calico"}})
    files = {"app/link.yaml": LINK, "platform/p.yaml": listed, "app/mine.yaml": fragment({"namespaces": {}})}
    files["platform/prod/platform.yaml"] = fragment({"kagent": {"namespace": "kagent-prod"}}, "prod")
    monkeypatch.chdir(repository(files) / "app")
    lock = "platform=/platform/p.yaml overlay=/platform/prod namespaces network kagent"
    sidecar = {floor.LOCKED: lock, "ARGOCD_APP_SOURCE_PATH": "app"}
    text = json.dumps(argocd.generate(sidecar).manifests)
    assert "default-deny" in text
    assert "kagent-prod" in text
    assert "namespaces is locked" in run(Path(), sidecar, [{"name": "namespaces", "string": '{"a": null}'}])
    assert "platform" in run(Path(), sidecar, [{"name": "platform", "string": "mine.yaml"}])
    assert "namespaces is locked" in run(
        Path(), {floor.LOCKED: "namespaces"}, [{"name": "platform", "string": "mine.yaml"}]
    )


@pytest.mark.parametrize(
    "sidecar, message",
    [
        ({floor.PROFILE: "Hardned"}, "KGEN_MINIMUM_PROFILE of the environment of the kgen plugin is 'Hardned'"),
        ({floor.CONSENT: "yes"}, "KGEN_REQUIRE_CONSENT"),
        ({floor.LOCKED: "profle"}, "locks 'profle'"),
        ({floor.LOCKED: "namespaces.*.enforcement=Enforce"}, "with a * can have no value"),
        ({"KGEN_MINIMAL_PROFILE": "Hardened"}, "did you mean KGEN_MINIMUM_PROFILE?"),
        ({"KGEN_LOCKED_PARAMETER": "overlay"}, "did you mean KGEN_LOCKED_PARAMETERS?"),
        ({"ARGOCD_ENV_KGEN_MINIMUM_PROFILE": "Baseline"}, "counts in the environment of the kgen plugin only"),
        ({"ARGOCD_ENV_KGEN_LOCKED_PARAMETERS": ""}, "counts in the environment of the kgen plugin only"),
    ],
)
def test_a_floor_that_could_not_hold_is_refused(sidecar: Any, message: str, repository: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert message in run(Path(), sidecar)


def test_a_request_can_not_reach_it(tmp_path: Path, repository: Repository) -> None:
    """Names of a request begin with ARGOCD_ENV_ or PARAM_; so does everything in .argocd-source.yaml."""
    server = Server(tmp_path / "strict", {floor.PROFILE: "Hardened"})
    folder = repository({"link.yaml": LINK, ".argocd-source.yaml": "plugin: {env: [{name: KGEN_MINIMUM_PROFILE}]}\n"})
    assert "below KGEN_MINIMUM_PROFILE of this Argo CD" in server.generate(folder).cause
    assert "take it out of plugin.env" in server.generate(folder, env={"KGEN_MINIMUM_PROFILE": "Baseline"}).cause
    assert "below KGEN_MINIMUM_PROFILE" in server.generate(folder, env={"SOMETHING": "KGEN_MINIMUM_PROFILE="}).cause


def test_locks_show_in_the_ui(tmp_path: Path, repository: Repository) -> None:
    server = Server(tmp_path / "strict", {floor.LOCKED: "overlay=production,profile"})
    announced = {each["name"]: each for each in server.announce(repository({"link.yaml": LINK}))}
    assert announced["overlay"]["array"] == ["production"]
    assert announced["overlay"]["tooltip"].startswith("Locked by the platform team. ")
