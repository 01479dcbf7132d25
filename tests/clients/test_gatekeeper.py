"""The layer admission with Gatekeeper: the same cases by gator, and its objects at a real API server."""

import copy
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clients.admission.cases import CASES, Case, Manifest, agent, binding, pod, space
from tests.clients.admission.requests import review
from tests.clients.admission.world import (
    ALPHA,
    ANN,
    ARGO,
    BETA,
    ELSEWHERE,
    PLATFORM,
    SHARED,
    WATCHED,
    admission_objects,
)
from tests.clients.api import Api
from tests.clients.crds import definitions

pytestmark = pytest.mark.clients

CONSTRAINTS = "constraints.gatekeeper.sh/v1beta1"
LOCKS = ("controller-writes", "takeovers", "legacy-agents")
DECLARED = Case("declared", "", ARGO, agent(ALPHA, "orchestrator", f"{BETA}/specialist"))


class Suite:
    """A gator suite: one test a constraint, one case a request, all files in one folder."""

    def __init__(self, folder: Path, objects: list[Manifest]) -> None:
        self.folder = folder
        self.templates = {
            each["spec"]["crd"]["spec"]["names"]["kind"]: each for each in of(objects, "ConstraintTemplate")
        }
        self.constraints = {each["metadata"]["name"]: each for each in objects if each["apiVersion"] == CONSTRAINTS}
        self.tests: dict[str, list[dict[str, Any]]] = {}
        self.files = 0

    def write(self, manifest: Manifest) -> str:
        self.files += 1
        file = self.folder / f"{self.files}.yaml"
        file.write_text(yaml.safe_dump(manifest))
        return file.name

    def expect(self, constraint: str, case: Case, rule: str, *inventory: Manifest) -> None:
        """A request under one constraint: refused by a rule, or admitted."""
        claims = [{"violations": "yes", "message": f"^{rule}: "}] if rule else [{"violations": "no"}]
        self.tests.setdefault(constraint, []).append(
            {
                "name": case.name or case.subject["metadata"]["name"],
                "object": self.write(review(case)),
                "inventory": [self.write(each) for each in inventory],
                "assertions": claims,
            }
        )

    def run(self, gator: Path) -> str:
        """What gator says, "" where all is as expected."""
        templates = {kind: self.write(each) for kind, each in self.templates.items()}
        tests = [
            {
                "name": name,
                "template": templates[self.constraints[name]["kind"]],
                "constraint": self.write(self.constraints[name]),
                "cases": cases,
            }
            for name, cases in self.tests.items()
        ]
        suite = {
            "apiVersion": "test.gatekeeper.sh/v1alpha1",
            "kind": "Suite",
            "metadata": {"name": "s"},
            "tests": tests,
        }
        (self.folder / "suite.yaml").write_text(yaml.safe_dump(suite))
        run = subprocess.run([gator, "verify", self.folder / "suite.yaml"], capture_output=True, text=True, check=False)
        return "" if run.returncode == 0 else run.stdout[-6000:] + run.stderr[-2000:]


def of(objects: list[Manifest], kind: str) -> list[Manifest]:
    return [each for each in objects if each["kind"] == kind]


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return admission_objects("Gatekeeper", tmp_path_factory.mktemp("layer"))


@pytest.fixture
def suite(layer: list[Manifest], tmp_path: Path) -> Suite:
    return Suite(tmp_path, copy.deepcopy(layer))


@pytest.fixture(scope="module")
def gator(client: Callable[[str], Path]) -> Path:
    return client("gator")


def synced() -> Iterator[Manifest]:
    """The Namespaces in Gatekeeper's cache."""
    for name in (ALPHA, BETA):
        yield space(name)
    for name in (SHARED, WATCHED, ELSEWHERE):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def judge(case: Case) -> str:
    """The constraint whose rule a case names."""
    home = case.subject["metadata"].get("namespace") or case.subject["metadata"]["name"]
    if case.rule in LOCKS:
        return f"{case.rule}{'.observe' if case.warned else ''}.{PLATFORM}"
    if case.rule == "agent-caller":
        target = case.subject["spec"]["declarative"]["tools"][0]["agent"]["namespace"]
        return f"callers.{target}.{PLATFORM}"
    if case.rule == "agent-rights":
        [subject] = case.subject["subjects"]
        named = subject.get("namespace") or next(each for each in (ALPHA, BETA) if each in subject["name"])
        return f"rights.{named}.{PLATFORM}"
    return f"inside.{home}.{PLATFORM}"


def test_each_case(suite: Suite, gator: Path) -> None:
    """Refused by the constraint it is about; admitted where none refuses it."""
    inventory = list(synced())
    for case in CASES:
        if case.rule:
            suite.expect(judge(case), case, case.rule, *inventory)
            action = suite.constraints[judge(case)]["spec"]["enforcementAction"]
            assert action == ("warn" if case.warned else "deny"), case.name
        for name, constraint in suite.constraints.items():
            denies = constraint["spec"]["enforcementAction"] == "deny"
            if not case.rule or (case.warned and denies):  # a warning refuses nothing
                suite.expect(name, case, "", *inventory)
    assert suite.run(gator) == ""


def test_without_parameters_nothing_is_admitted(suite: Suite, gator: Path) -> None:
    inside, callers, rights = (f"{concern}.{ALPHA}.{PLATFORM}" for concern in ("inside", "callers", "rights"))
    for name in (inside, callers, rights):
        suite.constraints[name]["spec"]["parameters"] = {"concern": name.partition(".")[0], "namespace": ALPHA}
    suite.constraints[f"takeovers.{PLATFORM}"]["spec"].pop("parameters")
    inventory = list(synced())
    suite.expect(inside, DECLARED, "data-missing", *inventory)
    suite.expect(inside, Case("", "", ANN, pod(ALPHA, "p")), "data-missing", *inventory)
    suite.expect(callers, Case("", "", ANN, agent(ELSEWHERE, "x")), "data-missing", *inventory)
    administrators = {"kind": "Group", "name": "administrators"}
    suite.expect(rights, Case("", "", ANN, binding("", "cluster-admin", administrators)), "data-missing")
    suite.expect(rights, Case("", "", ANN, binding("", "view", administrators)), "")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": ELSEWHERE}}
    suite.expect(f"takeovers.{PLATFORM}", Case("", "", ANN, secret), "data-missing", *inventory)
    assert suite.run(gator) == ""


@pytest.mark.parametrize(
    "key", ["concern", "owned", "agents", "callees", "accounts", "writers", "podSecurity", "verdicts"]
)
def test_nor_without_one_of_them(suite: Suite, gator: Path, key: str) -> None:
    name = f"inside.{ALPHA}.{PLATFORM}"
    del suite.constraints[name]["spec"]["parameters"][key]
    suite.expect(name, DECLARED, "data-missing", *synced())
    suite.expect(name, Case("", "", ANN, pod(ALPHA, "p")), "data-missing", *synced())
    assert suite.run(gator) == ""


def test_an_unsynced_inventory_admits_no_agent(suite: Suite, gator: Path) -> None:
    """And nothing else is refused for it: pods of a node that comes back have to start."""
    name = f"inside.{ALPHA}.{PLATFORM}"
    suite.expect(name, DECLARED, "data-missing")
    suite.expect(name, Case("", "", ANN, pod(ALPHA, "p", {"app": "web"})), "")
    assert suite.run(gator) == ""


def test_an_agent_needs_a_namespace_that_enforces_pod_security(suite: Suite, gator: Path) -> None:
    name = f"inside.{ALPHA}.{PLATFORM}"
    for labels in ({}, {"pod-security.kubernetes.io/enforce": "baseline"}):
        weak = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ALPHA, "labels": labels}}
        suite.expect(name, DECLARED, "agent-pod-security", weak)
    assert suite.run(gator) == ""


def test_the_audit_judges_objects_and_no_users(suite: Suite, gator: Path) -> None:
    """It shows Gatekeeper objects without a request: who wrote them is not known."""
    name = f"inside.{ALPHA}.{PLATFORM}"
    bad = agent(ALPHA, "rogue", f"{BETA}/specialist")
    for number, (manifest, rule) in enumerate(
        [(DECLARED.subject, ""), (pod(ALPHA, "p", {"kagent": "x"}), ""), (bad, "r")]
    ):
        claims = [{"violations": "yes", "message": "^agent-reference: "}] if rule else [{"violations": "no"}]
        case = {"name": str(number), "object": suite.write(manifest), "inventory": [suite.write(space(ALPHA))]}
        suite.tests.setdefault(name, []).append({**case, "assertions": claims})
    assert suite.run(gator) == ""


@pytest.mark.parametrize("kagent", ["0.10"])
def test_the_api_server_accepts_templates_and_syncset(
    layer: list[Manifest], api_server: Callable[[str], Api], shared: Path, kagent: str
) -> None:
    api = api_server(kagent)
    kinds = [("templates.gatekeeper.sh", "ConstraintTemplate"), ("syncset.gatekeeper.sh", "SyncSet")]
    api.establish(definitions(shared / "crds", kinds, kagent))
    for each in [*of(layer, "ConstraintTemplate"), *of(layer, "SyncSet")]:
        first, second = api.apply(each), api.apply(each)
        assert first.admitted, first.message
        assert not first.warnings
        assert first.version == second.version
        api.delete(each)
