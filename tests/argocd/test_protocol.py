"""The protocol: environment and folder in, one output or one cause out. Argo CD's facts are those of 3.6.1."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from kgen.entry import argocd, argocd_parameters
from kgen.entry.argocd_errors import LONGEST, MOST
from tests.argocd.cmp_server import PLUGIN, Server
from tests.argocd.conftest import LINK, Repository

PLATFORM = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\nspec: {%s}\n"
NOTHING = "kgen: error: there is nothing to expand: "


def test_the_plugin_is_executed_without_a_shell_and_has_a_stable_name() -> None:
    assert PLUGIN["kind"] == "ConfigManagementPlugin"
    assert PLUGIN["metadata"] == {"name": "kgen"}
    assert set(PLUGIN["spec"]) == {"generate", "parameters"}, "no init, no version, no discovery"
    for command in (PLUGIN["spec"]["generate"], PLUGIN["spec"]["parameters"]["dynamic"]):
        assert command["command"][0] == "kgen"
        assert not {"sh", "bash", "-c"} & {*command["command"], *command.get("args", [])}


def test_one_link_is_an_application(server: Server, repository: Repository) -> None:
    reply = server.generate(repository({"link.yaml": LINK}))
    assert [(each["kind"], each["metadata"]["namespace"]) for each in reply.objects] == [
        ("NetworkPolicy", "a"),
        ("NetworkPolicy", "a"),
        ("NetworkPolicy", "b"),
        ("NetworkPolicy", "b"),
    ]
    assert reply.stderr.startswith("kgen: warning: ")
    assert "\x1b" not in reply.stderr
    assert reply.seconds < 10


@pytest.mark.parametrize(
    "files",
    [
        {"README.md": "no manifests"},
        {"config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: team}\n"},
        {"p.yaml": PLATFORM % ""},
    ],
    ids=["no-files", "only-others", "empty-platform"],
)
def test_nothing_to_expand_is_an_error_and_no_empty_state(
    files: dict[str, str], server: Server, repository: Any
) -> None:
    assert server.generate(repository(files)).cause.startswith(NOTHING)


@pytest.mark.parametrize("end", ["suspend: true", "validUntil: '2020-01-01'"])
def test_a_link_that_does_not_count_any_more_revokes_and_does_not_freeze(
    end: str, server: Server, repository: Repository
) -> None:
    files = {"link.yaml": LINK.replace("to: b/y", f"to: b/y, {end}"), "p.yaml": PLATFORM % "namespaces: {a: {}, b: {}}"}
    objects = server.generate(repository(files)).objects
    egress = [each for each in objects if each["metadata"]["name"] == "x-egress"]
    assert {each["metadata"]["name"] for each in objects} >= {"default-deny"}
    assert egress
    assert '"kubernetes.io/metadata.name": "b"' not in json.dumps(egress)


def test_guardrails_alone_are_a_state(server: Server, repository: Repository) -> None:
    objects = server.generate(repository({"p.yaml": PLATFORM % "namespaces: {a: {}}"})).objects
    assert [each["kind"] for each in objects] == ["Namespace", "NetworkPolicy"]
    assert all("Prune=false" in each["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] for each in objects)


def test_the_revision_and_git_do_not_show(server: Server, repository: Repository) -> None:
    folder = repository({"link.yaml": LINK, ".git/HEAD": "ref: refs/heads/main\n"})
    first, second = server.generate(folder), server.generate(folder)  # each call has a revision of its own
    assert first.stdout == second.stdout
    assert first.stderr == second.stderr


def test_the_cause_comes_first_and_holds_no_secret(server: Server, repository: Repository) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {token: hunter2}\n"
    broken = LINK.replace("from:", "form:")
    reply = server.generate(repository({"a.yaml": secret + "---\n" + LINK, "z.yaml": broken}))
    assert reply.cause.startswith("kgen: error: z.yaml:4: AgentLink l: spec.form")
    assert "hunter2" not in reply.stderr
    assert "\x1b" not in reply.stderr


def test_many_errors_are_few_lines_of_bounded_length(server: Server, repository: Repository) -> None:
    wrong = LINK.replace("to: b/y", f"to: {'x' * 5000}")
    reply = server.generate(repository({f"{number}.yaml": wrong for number in range(60)}))
    lines = reply.stderr.splitlines()
    assert reply.code == 1
    assert len(lines) <= MOST
    assert max(map(len, lines)) < LONGEST + 200


def test_a_mistake_of_kgens_own_is_told_without_its_message(monkeypatch: Any, capfd: Any) -> None:
    from kgen.entry.cli import main

    def fail(environment: Any) -> Any:
        raise KeyError("hunter2")

    monkeypatch.setattr(argocd, "generate", fail)
    assert main(["argocd", "generate"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("kgen: error: internal error, KeyError in test_protocol.py:")
    assert "hunter2" not in err
    assert err.count("\n") == 1


def running(stat: Path) -> bool:
    """Whether the process of a /proc/PID/stat still does anything; a zombie only waits to be counted."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_at_the_time_limit_nothing_is_left_running_and_nothing_is_printed(tmp_path: Path, repository: Any) -> None:
    server = Server(tmp_path / "slow")
    tools = tmp_path / "slow/bin"
    (tools / "kustomize").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec /bin/sleep 60\n")
    (tools / "kustomize").chmod(0o755)
    reply = server.generate(
        repository({"link.yaml": LINK, "kustomization.yaml": "resources: [link.yaml]\n"}), seconds=3
    )
    assert reply.code < 0, "ended by the signal"
    assert reply.stdout == ""
    assert reply.seconds < 8
    state = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    # A killed process is seen for as long as the kernel needs to end it; by itself this one would stay a minute.
    end = time.monotonic() + 10
    while (found := running(state)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not found


@pytest.mark.parametrize("text", ["", "null", "[]", None])
def test_no_parameters_in_every_form(text: str | None) -> None:
    environment = {} if text is None else {argocd_parameters.PARAMETERS: text}
    from kgen.entry import floor

    assert argocd_parameters.read(environment, floor.Floor()) == argocd_parameters.Asked()


def test_what_is_announced_is_a_list_for_the_ui_and_its_defaults_are_what_applies(
    server: Server, repository: Repository
) -> None:
    folder = repository({"link.yaml": LINK, "p.yaml": PLATFORM % "namespaces: {a: {}, b: {}}"})
    announced = server.announce(folder)
    assert [each["name"] for each in announced] == [
        "profile",
        "overlay",
        "platform",
        "namespace",
        "cluster-scoped",
        "prove",
        "values",
    ]
    assert all(each["title"] and each["tooltip"] for each in announced)
    assert "a, b" in announced[3]["tooltip"]
    keep = ("name", "string", "array", "map")
    sent_back = [{key: value for key, value in each.items() if key in keep} for each in announced]
    assert server.generate(folder, parameters=sent_back).stdout == server.generate(folder).stdout


def test_it_announces_also_where_nothing_can_be_rendered(server: Server, repository: Repository) -> None:
    assert len(server.announce(repository({"z.yaml": LINK.replace("from:", "form:")}))) == 7


def test_parameters_reach_the_platform(server: Server, repository: Repository) -> None:
    folder = repository({"apps/a/link.yaml": LINK, "env/p.yaml": PLATFORM % "namespaces: {a: {}}"})
    parameters = [
        {"name": "platform", "string": "../../env/p.yaml"},
        {"name": "overlay", "array": ["staging"]},
        {"name": "values", "map": {"kagent.namespace": "kagent-prod", "argocd.syncWaves": "false"}},
        {"name": "kagent.watchNamespaces", "array": ["a", "b"]},
        {"name": "profile", "string": "Baseline"},
    ]
    objects = server.generate(folder, "apps/a", parameters=parameters).objects
    assert "kagent-prod" in json.dumps(objects)
    assert "sync-wave" not in json.dumps(objects)
    assert objects[0]["kind"] == "Namespace"


def test_plugin_env_says_the_same_and_parameters_win(server: Server, repository: Repository) -> None:
    folder = repository({"link.yaml": LINK, "p.yaml": PLATFORM % "namespaces: {a: {}, b: {}}"})
    by_env = server.generate(folder, env={"KGEN_NAMESPACE": "a", "KGEN_OVERLAY": "dev,staging", "OTHER": "x"})
    assert {each["metadata"].get("namespace") for each in by_env.objects} == {"a"}
    both = server.generate(folder, env={"KGEN_NAMESPACE": "a"}, parameters=[{"name": "namespace", "string": "b"}])
    assert {each["metadata"].get("namespace") for each in both.objects} == {"b"}


@pytest.mark.parametrize(
    "parameter, message",
    [
        ({"name": "overlys", "string": "x"}, "parameter 'overlys': there is no such parameter, nor field of the "
         "Platform; did you mean overlay?"),
        ({"name": "kagent.versoin", "string": "x"}, "write a path below spec, e.g. kagent.version"),
        ({"name": "overlay", "array": [1]}, "parameter 'overlay': expected a list of texts"),
        ({"name": "platform", "array": ["a", "b"]}, "parameter 'platform': expected one text"),
        ({"name": "cluster-scoped", "string": "yes"}, "expected true or false"),
        ({"name": "values", "string": "x"}, "expected a map of texts"),
        ({"name": "namespace", "string": "nobody"}, "nothing is in namespace nobody"),
        ({"string": "x"}, "a parameter has no name"),
        ({"name": "profile", "string": "None"}, "spec.profile"),
        ({"name": "values", "map": {"__class__.x": "1"}}, "there is no such parameter"),
        ({"name": "overlay", "string": "nope"}, "there is no overlay nope"),
        ({"name": "namespaces", "string": "{"}, "spec.namespaces"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(
    parameter: Any, message: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert message in _refusal({argocd_parameters.PARAMETERS: json.dumps([parameter])})


@pytest.mark.parametrize("text", ["{", '{"name": "overlay"}', '"x"', "7", "[" * 9000])
def test_parameters_that_are_no_list_are_refused(text: str, repository: Repository, monkeypatch: Any) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert "ARGOCD_APP_PARAMETERS is no JSON list" in _refusal({argocd_parameters.PARAMETERS: text})


def test_two_slices_at_once_and_unknown_names_of_plugin_env_are_refused(repository: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert "one slice" in _refusal({"ARGOCD_ENV_KGEN_NAMESPACE": "a", "ARGOCD_ENV_KGEN_CLUSTER_SCOPED": "true"})
    assert "KGEN_OVERLAYS, which kgen does not read" in _refusal({"ARGOCD_ENV_KGEN_OVERLAYS": "production"})


def _refusal(environment: dict[str, str]) -> str:
    from kgen.results import Refused

    with pytest.raises(Refused) as refused:
        argocd.generate(environment)
    return str(refused.value)
