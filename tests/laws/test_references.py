"""Law 9: whatever a bundle names is in the bundle, in the input, in the Platform, or an agent of somebody else's."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import given

from kgen.manifests import Manifest, get
from tests.laws.rendering import bundle, manifests
from tests.laws.topologies import EGRESS, SPACES, TOOLS, Case, cases

KAGENT = {"app.kubernetes.io/name": "kagent", "app.kubernetes.io/instance": "kagent"}
# Pods that are there without being agents: kagent's own, the cluster's DNS, what links and the Platform declare
OTHERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("kube-system", {"k8s-app": "kube-dns"}),
    ("kagent", {**KAGENT, "app.kubernetes.io/component": "controller"}),
    ("kagent", {**KAGENT, "app.kubernetes.io/component": "ui"}),
    ("kagent", {**KAGENT, "app.kubernetes.io/name": "kagent-tools"}),
    ("monitoring", {"app": "otel"}),
    ("tools", {"app": "orders"}),
    *(
        (peer["namespace"], peer["podSelector"]["matchLabels"])
        for each in (*TOOLS, *EGRESS)
        if (peer := each.get("peer"))
    ),
)


class Selection(NamedTuple):
    where: str  # the object
    namespace: str
    selector: dict[str, Any]


@given(cases())
def test_every_selector_finds_pods(case: Case) -> None:
    pods = [*OTHERS, *((agent.namespace, agent.labels) for agent in case.agents)]
    for made in _selections(manifests(bundle(case))):
        found = [space for space, labels in pods if space == made.namespace and _selects(made.selector, labels)]
        assert found, f"{made.where} selects nothing: {made.selector} in {made.namespace}"


@given(cases())
def test_every_selector_of_a_proposal_finds_pods(case: Case) -> None:
    pods = [*OTHERS, *((agent.namespace, agent.labels) for agent in case.agents)]
    for made in _selections([p.manifest() for p in bundle(case).proposals if p.whole]):
        assert [space for space, labels in pods if space == made.namespace and _selects(made.selector, labels)], made


@given(cases())
def test_everything_that_an_agent_names_is_there(case: Case) -> None:
    made = manifests(bundle(case))
    there = {(m["kind"], m["metadata"].get("namespace", ""), m["metadata"]["name"]) for m in made}
    external = {("Agent", agent.namespace, agent.name) for agent in case.agents if agent.how == "external"}
    declared = {(tool["kind"], tool["namespace"], tool["name"]) for tool in TOOLS}  # by a link, with its place
    for agent in (each for each in made if each["kind"] == "Agent"):
        missing = set(_named_by(agent)) - there - external - declared
        assert not missing, f"{agent['metadata']['name']} names {missing}"


@given(cases())
def test_models_bindings_and_consent_name_what_is_there(case: Case) -> None:
    made = manifests(bundle(case))
    there = {(m["kind"], m["metadata"].get("namespace", ""), m["metadata"]["name"]) for m in made}
    callers = {case.agents[i].namespace for i, _ in case.edges}
    for each in made:
        space, spec = each["metadata"].get("namespace", ""), each.get("spec") or {}
        if each["kind"] == "ModelConfig":
            assert ("Secret", space, spec["apiKeySecret"]) in there
        elif each["kind"] == "RoleBinding":
            assert ("Role", space, each["roleRef"]["name"]) in there
            assert [subject["name"] for subject in each["subjects"]] == ["dev"]
        elif each["kind"] == "Agent":
            for rule in get(spec, "allowedNamespaces", "selector", "matchExpressions", default=[]):
                assert rule["key"] == "kubernetes.io/metadata.name"
                assert set(rule["values"]) <= callers


@given(cases())
def test_every_object_is_in_a_namespace_of_the_run(case: Case) -> None:
    spaces = {*SPACES, "tools", "kagent", ""}
    assert {m["metadata"].get("namespace", "") for m in manifests(bundle(case))} <= spaces


def _named_by(agent: Manifest) -> Iterator[tuple[str, str, str]]:
    space = agent["metadata"]["namespace"]
    section = get(agent, "spec", "declarative") or get(agent, "spec", "byo", default={})
    if get(section, "deployment", "serviceAccountName"):
        yield ("ServiceAccount", space, section["deployment"]["serviceAccountName"])
    if section.get("modelConfig"):
        yield ("ModelConfig", space, section["modelConfig"])
    for tool in section.get("tools") or []:
        target = tool["agent"] if tool["type"] == "Agent" else tool["mcpServer"]
        yield (target["kind"], target.get("namespace", space), target["name"])
        for header in tool.get("headersFrom") or []:
            yield ("Secret", space, header["valueFrom"]["name"])


def _selections(objects: list[Manifest]) -> Iterator[Selection]:
    for each in objects:
        space, spec = each["metadata"].get("namespace", ""), each.get("spec") or {}
        where = f"{each['kind']} {space}/{each['metadata']['name']}"
        if each["kind"] == "CiliumNetworkPolicy":
            yield Selection(where, space, spec["endpointSelector"])
        if each["kind"] != "NetworkPolicy":
            continue
        if spec["podSelector"]:  # the empty one is the namespace's default-deny
            yield Selection(where, space, spec["podSelector"])
        for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
            for peer in (*(rule.get("from") or ()), *(rule.get("to") or ())):
                if "ipBlock" not in peer:
                    home = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
                    yield Selection(where, home, peer["podSelector"])


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions") or [])
