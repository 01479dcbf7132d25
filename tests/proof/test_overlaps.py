"""Ends whose selectors overlap: each means its own pods, so that an overlap hides nothing."""

from typing import Any

from kgen.manifests import Manifest
from tests.proof.build import linked, thing, told

LABELS = {"wide": {"app": "x"}, "tall": {"tier": "y"}, "both": {"app": "x", "tier": "y"}, "callee": {"app": "callee"}}


def served(name: str) -> list[Manifest]:
    """A Deployment and its Service."""
    labels = LABELS[name]
    containers = [{"name": "main", "ports": [{"name": "http", "containerPort": 8080}]}]
    template = {"metadata": {"labels": labels}, "spec": {"serviceAccountName": name, "containers": containers}}
    ports = [{"name": "http", "port": 8080, "targetPort": 8080}]
    return [
        thing("Deployment", name, "red", "apps/v1", spec={"selector": {"matchLabels": labels}, "template": template}),
        thing("Service", name, "red", spec={"selector": labels, "ports": ports}),
    ]


def end(name: str) -> dict[str, Any]:
    """An end whose manifest is somebody else's: known by its selector alone."""
    selector = {"matchLabels": LABELS[name]}
    return {"namespace": "red", "name": name, "kind": "Deployment", "podSelector": selector}


def test_pods_that_are_of_two_ends_leave_a_proof_unproven() -> None:
    """What one end may, such pods may for the other one as well: whose traffic it is nobody can tell."""
    links = [(end("wide"), end("callee")), (end("callee"), end("tall"))]
    apart = linked([], links)
    assert not told(apart, "not-understood")
    made = linked(served("both"), links)
    [message] = told(made, "not-understood")
    assert (
        message
        == "the pods of Deployment red/both fit the selectors of red/tall and red/wide: whose they are is not told"
    )


def test_a_workload_that_took_an_agent_s_labels_is_not_that_agent() -> None:
    """Of two workloads with the same labels the one that is named is meant."""
    twin = served("wide")[0]
    twin["metadata"]["name"] = "twin"
    manifests = [*served("wide"), *served("callee"), twin]
    made = linked(manifests, [("red/wide", "red/callee")])
    assert any("Deployment red/twin" in one and "to Deployment red/callee" in one for one in told(made, "excess"))
