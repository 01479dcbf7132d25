"""The tree that `-o DIR` writes: names that people expect, and none that leads anywhere else."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from kgen.bundle import Bundle, assemble
from kgen.bundle.tree import pieces
from kgen.manifests import identity_of
from tests.bundle.fakes import document, made, manifest, topology


def tree(bundle: Bundle, form: str = "yaml") -> dict[str, str]:
    """Path to whole text."""
    found: dict[str, str] = {}
    for path, text in pieces(((entry, entry.build()) for entry in bundle.entries), bundle.proposals, form):
        found[path] = found.get(path, "") + text
    return found


def example(presence: str = "proposed") -> Bundle:
    documents = [
        document(manifest("Agent", "team-alpha/triage", "kagent.dev/v1alpha2")),
        document(manifest("ClusterRole", "Some:Role", "rbac.authorization.k8s.io/v1")),
    ]
    instances = [
        made(manifest("NetworkPolicy", "team-alpha/two", "networking.k8s.io/v1")),
        made(manifest("NetworkPolicy", "team-alpha/one", "networking.k8s.io/v1")),
        made(manifest("ServiceAccount", "team-alpha/one"), layer="identity"),
        made(manifest("Namespace", "team-alpha"), layer="namespaces"),
        made(manifest("NetworkPolicy", "kagent/controller", "networking.k8s.io/v1", spec={"x": 1}), presence),
    ]
    return assemble(topology(documents), instances)


def test_a_folder_a_namespace_and_a_file_a_layer() -> None:
    files = tree(example())
    assert list(files) == [
        "cluster/namespaces.yaml",
        "team-alpha/network.yaml",
        "team-alpha/identity.yaml",
        "cluster/clusterrole-some_role.yaml",
        "team-alpha/agent-triage.yaml",
        "external/kagent/networkpolicy-controller.proposed",
    ]
    both = [
        (value["kind"], value["metadata"]["name"]) for value in yaml.safe_load_all(files["team-alpha/network.yaml"])
    ]
    assert both == [("NetworkPolicy", "one"), ("NetworkPolicy", "two")]
    assert files["team-alpha/network.yaml"].count("---\n") == 1


def test_json_has_one_file_an_object() -> None:
    files = tree(example(), "json")
    assert list(files)[1:4] == [
        "team-alpha/network/networkpolicy-one.json",
        "team-alpha/network/networkpolicy-two.json",
        "team-alpha/identity/serviceaccount-one.json",
    ]
    assert json.loads(files["team-alpha/agent-triage.json"]) == manifest(
        "Agent", "team-alpha/triage", "kagent.dev/v1alpha2"
    )


def test_a_whole_proposal_says_how_it_is_applied() -> None:
    assert tree(example())["external/kagent/networkpolicy-controller.proposed"] == (
        "# For the owner of namespace kagent: kubectl apply -f FILE\n"
        "apiVersion: networking.k8s.io/v1\n"
        "kind: NetworkPolicy\n"
        "metadata:\n"
        "  name: controller\n"
        "  namespace: kagent\n"
        "spec:\n"
        "  x: 1\n"
    )


def test_a_patch_for_an_owner_says_how_it_is_applied() -> None:
    addition = manifest(
        "Agent", "sales/quotes", "kagent.dev/v1alpha2", spec={"description": "two\n\nlines\n", "allowed": {"from": "x"}}
    )
    files = tree(assemble(topology(), [made(addition, "external"), made(addition, "external", "own")]))
    assert list(files) == ["external/sales/agent-quotes.patch", "external/sales/agent-quotes-2.patch"]
    text = files["external/sales/agent-quotes.patch"]
    assert text.splitlines()[0] == (
        "# For the owner of Agent sales/quotes: "
        "kubectl patch agent.kagent.dev quotes -n sales --type json --patch-file FILE"
    )
    assert text.splitlines()[1:] == [
        "# A value that is there already is replaced: look first, and join the two by hand.",
        "- op: add",
        "  path: /spec/description",
        "  value: |",
        "    two",
        "  ",
        "    lines",
        "# Take the # away from what is missing:",
        '# - {"op":"add","path":"/spec/allowed","value":{}}',
        "- op: add",
        "  path: /spec/allowed/from",
        "  value: x",
    ]
    assert yaml.safe_load(text)[0] == {"op": "add", "path": "/spec/description", "value": "two\n\nlines\n"}
    assert yaml.safe_load(text.replace("# - ", "- "))[1] == {"op": "add", "path": "/spec/allowed", "value": {}}


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("../x", "_./service-x.yaml"),
        ("cluster/x", "namespace.cluster/service-x.yaml"),
        ("external/x", "namespace.external/service-x.yaml"),
        ("a\\b/x", "a_b/service-x.yaml"),
        ("a/" + "x" * 253, "a/service-" + "x" * 183 + "-763f3bd2.yaml"),
    ],
)
def test_names_of_the_input_lead_nowhere_else(place: str, path: str) -> None:
    assert list(tree(assemble(topology([document(manifest("Service", place))]), []))) == [path]


NAMES = st.sampled_from(
    ["a", "A", "a.b", "a:b", "a_b", "..", "cluster", "external", "é", "x" * 300, "network", "service-a"]
)
OBJECTS = st.lists(st.tuples(NAMES, NAMES | st.just(""), st.booleans()), unique_by=lambda o: o[:2], max_size=8)


@given(OBJECTS, st.sampled_from(["yaml", "json"]))
def test_every_object_is_in_one_file(objects: Any, form: str) -> None:
    def value(name: str, namespace: str) -> Any:
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}}

    documents = [document(value(*place)) for *place, is_input in objects if is_input]
    instances = [made(value(*place)) for *place, is_input in objects if not is_input]
    bundle = assemble(topology(documents), instances)
    files = tree(bundle, form)
    read = [identity_of(value) for text in files.values() for value in yaml.safe_load_all(text)]
    assert sorted(read) == sorted(entry.identity for entry in bundle.entries)
    assert len({path.lower() for path in files}) == len(files)
    for path in files:
        assert ".." not in path.split("/")
        assert all(len(part.encode()) < 255 for part in path.split("/"))
