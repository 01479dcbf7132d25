"""The files that put the plugin into an Argo CD, and the examples of Applications: one against another and the CRDs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgen.checks import Context, Subject, run
from kgen.manifests import identity_of
from tests.argocd.cmp_server import ROOT, Server
from tests.argocd.test_examples import EPOCH, application
from tests.clients.rendering import Rendering, renderings

FOLDER = ROOT / "plugins/argocd"
EXAMPLES = ROOT / "examples"


def load(name: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all((FOLDER / name).read_text()) if each]


def sidecars() -> dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]:
    [patch], [values], [operator] = load("sidecar/repo-server.yaml"), load("values.yaml"), load("openshift-gitops.yaml")
    pod = patch["spec"]["template"]["spec"]
    return {
        "kustomize": (pod["containers"][0], pod["volumes"]),
        "helm": (values["repoServer"]["extraContainers"][0], values["repoServer"]["volumes"]),
        "openshift": (operator["spec"]["repo"]["sidecarContainers"][0], operator["spec"]["repo"]["volumes"]),
    }


def test_the_three_forms_are_one_sidecar() -> None:
    containers = {name: dict(container) for name, (container, _) in sidecars().items()}
    for container in containers.values():
        assert container.pop("image").rpartition("/")[2].split(":")[0] == "kgen-argocd"
    assert containers["openshift"]["securityContext"].pop("runAsUser", None) is None, "OpenShift gives the number"
    users = {containers[name]["securityContext"].pop("runAsUser") for name in ("kustomize", "helm")}
    assert users == {999}, "repo-server's, or the socket is closed to it"
    assert containers["kustomize"] == containers["helm"] == containers["openshift"]
    assert all(volumes == [{"name": "kgen-tmp", "emptyDir": {}}] for _, volumes in sidecars().values())


def test_the_socket_is_that_of_the_plugins_name() -> None:
    [plugin] = load("plugin.yaml")
    [command] = {tuple(container["startupProbe"]["exec"]["command"]) for container, _ in sidecars().values()}
    assert command == ("test", "-S", f"/home/argocd/cmp-server/plugins/{plugin['metadata']['name']}.sock")


def test_the_image_has_what_the_sidecar_needs() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    assert "COPY plugins/argocd/plugin.yaml /home/argocd/cmp-server/config/plugin.yaml" in text
    assert text.rstrip().endswith("USER 999:999")
    assert "ENTRYPOINT" not in text, "the pod starts argocd-cmp-server"
    environment = dict(word.split("=", 1) for word in re.search(r"(?m)^ENV (.*)$", text)[1].split())  # type: ignore[index]
    assert environment["HOME"] == "/tmp"
    assert environment["PATH"].startswith("/opt/kgen/bin:")
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"


@pytest.mark.parametrize("name", ["application", "applicationset", "appprojects", "two-teams"])
def test_the_examples_fit_the_crds(name: str, shared: Path) -> None:
    pytest.importorskip("kubernetes_validate")
    crds = tuple(yaml.safe_load(file.read_text()) for file in sorted((shared / "crds/argo-cd").glob("*.yaml")))
    objects = load(f"applications/{name}.yaml")
    context = Context(crds=crds, schemas_required=True)
    found = run([Subject(identity_of(each), each) for each in objects], ("schemas",), context)
    assert [f"{result.name}: {result.field}: {result.message}" for result in found] == []


def elements() -> list[dict[str, str]]:
    [applications] = load("applications/applicationset.yaml")
    found: list[dict[str, str]] = applications["spec"]["generators"][0]["list"]["elements"]
    return found


def filled(value: Any, element: dict[str, str]) -> Any:
    """A template with an element's values, as text/template does it for plain fields."""
    text = re.sub(r"\{\{\.(\w+)\}\}", lambda match: element[match[1]], json.dumps(value))
    assert "{{" not in text
    return json.loads(text)


def test_the_applicationset_is_the_whole_of_the_example_in_slices(tmp_path: Path) -> None:
    [applications] = load("applications/applicationset.yaml")
    server = Server(tmp_path, EPOCH)
    found: list[Any] = []
    for element in elements():
        template = filled(applications["spec"]["template"], element)
        source = template["spec"]["source"]
        part = server.generate(ROOT / "examples", source["path"].removeprefix("examples/"),
                               parameters=source["plugin"]["parameters"]).objects  # fmt: skip
        assert part
        assert {each["metadata"].get("namespace", "") for each in part} == {
            "" if element["slice"] == "cluster" else element["namespace"]
        }
        found += part
    [way, *_] = [way for way in renderings() if way.example == "04-many-teams" and "--overlay" not in way.arguments]
    repository, path, parameters = application(way)
    whole = server.generate(repository, path, parameters=parameters).objects
    assert len(found) == len(whole)
    assert all(each in whole for each in found)


def test_every_team_comes_after_those_that_its_agents_call() -> None:
    step = {element["namespace"]: int(element["step"]) for element in elements()}
    links = [
        each
        for file in sorted((EXAMPLES / "04-many-teams/teams").glob("*.yaml"))
        for each in yaml.safe_load_all(file.read_text())
        if each and each["kind"] == "AgentLink"
    ]
    pairs = set()
    for link in links:
        own, to = link["metadata"]["namespace"], link["spec"].get("to", [])
        for end in to if isinstance(to, list) else [to]:
            callee = end.get("namespace", own) if isinstance(end, dict) else end.rpartition("/")[0] or own
            pairs.add((own, callee))
    across = {(caller, callee) for caller, callee in pairs if caller != callee}
    assert len(across) > 4
    assert not [pair for pair in across if step[pair[0]] <= step[pair[1]]]


def test_it_rolls_in_order_prunes_and_survives_its_own_deletion() -> None:
    [applications] = load("applications/applicationset.yaml")
    spec = applications["spec"]
    steps = [each["matchExpressions"][0]["values"] for each in spec["strategy"]["rollingSync"]["steps"]]
    assert steps == [[step] for step in sorted({element["step"] for element in elements()})]
    assert elements()[0]["slice"] == "cluster"
    assert elements()[0]["step"] == steps[0][0]
    assert spec["syncPolicy"]["preserveResourcesOnDeletion"] is True
    assert spec["template"]["spec"]["syncPolicy"]["automated"]["prune"] is True, "else a removed link stays open"


def test_a_teams_project_holds_the_team_to_its_namespace(tmp_path: Path) -> None:
    projects = {each["metadata"]["name"]: each["spec"] for each in load("applications/appprojects.yaml")}
    team, cluster = projects["team-data"], projects["agents-cluster"]
    assert team["clusterResourceWhitelist"] == []
    assert [each["namespace"] for each in team["destinations"]] == ["data"]
    assert cluster["namespaceResourceBlacklist"] == [{"group": "*", "kind": "*"}]
    allowed = {(each["group"], each["kind"]) for each in team["namespaceResourceWhitelist"]}
    everywhere = {(each["group"], each["kind"]) for each in cluster["clusterResourceWhitelist"]}
    for way in (way for way in renderings() if way.example == "04-many-teams"):
        for group, kind, namespace in _kinds(way, tmp_path / str(way)):
            assert (group, kind) in (allowed if namespace else everywhere), f"{kind} of {way}"


def _kinds(way: Rendering, folder: Path) -> set[tuple[str, str, str]]:
    repository, path, parameters = application(way)
    objects = Server(folder, EPOCH).generate(repository, path, parameters=parameters).objects
    return {
        (each["apiVersion"].rpartition("/")[0], each["kind"], each["metadata"].get("namespace", "")) for each in objects
    }


def test_the_application_renders(tmp_path: Path) -> None:
    [one] = load("applications/application.yaml")
    source = one["spec"]["source"]
    path = source["path"].removeprefix("examples/")
    objects = Server(tmp_path, EPOCH).generate(EXAMPLES, path, parameters=source["plugin"]["parameters"]).objects
    projects = {each["metadata"]["name"]: each["spec"] for each in load("applications/appprojects.yaml")}
    namespaces = {each["metadata"].get("namespace") for each in objects} - {None}
    assert namespaces <= {each["namespace"] for each in projects[one["spec"]["project"]]["destinations"]}
    assert source["plugin"]["name"] == load("plugin.yaml")[0]["metadata"]["name"]


def test_two_teams_get_the_whole_in_slices_that_fit_their_projects(tmp_path: Path) -> None:
    applications, *given = load("applications/two-teams.yaml")
    projects = {each["metadata"]["name"]: each["spec"] for each in given}
    server = Server(tmp_path, EPOCH)
    found: list[Any] = []
    steps = []
    for element in applications["spec"]["generators"][0]["list"]["elements"]:
        source = filled(applications["spec"]["template"], element)["spec"]["source"]
        path, parameters = source["path"].removeprefix("examples/"), source["plugin"]["parameters"]
        part = server.generate(EXAMPLES, path, parameters=parameters).objects
        project = projects[element["project"]]
        namespaced = {(each["group"], each["kind"]) for each in project.get("namespaceResourceWhitelist", [])}
        everywhere = {(each["group"], each["kind"]) for each in project["clusterResourceWhitelist"]}
        destinations = {each["namespace"] for each in project["destinations"]}
        for each in part:
            namespace = each["metadata"].get("namespace")
            kind = (each["apiVersion"].rpartition("/")[0] if "/" in each["apiVersion"] else "", each["kind"])
            assert kind in (namespaced if namespace else everywhere)
            assert namespace is None or {namespace} == destinations
        found += part
        steps.append(element["slice"])
    assert steps == ["cluster", "beta", "alpha"], "a callee's team before its callers'"
    whole = server.generate(EXAMPLES, "17-consent-two-teams").objects
    assert len(found) == len(whole)
    assert all(each in whole for each in found)
