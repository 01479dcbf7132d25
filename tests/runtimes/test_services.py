"""From a Service's name and port to pods and their port."""

from typing import Any

import pytest

from kgen.manifests import Manifest
from kgen.runtimes import services, workload
from kgen.runtimes.services import ServicePort


def deployment(name: str = "store", **spec: Any) -> Manifest:
    container = {"name": "web", "ports": [{"name": "http", "containerPort": 9000}, {"containerPort": 9090}]}
    pod = {"metadata": {"labels": {"app": name, "tier": "web"}}, "spec": {"containers": [container]} | spec}
    return {
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": pod},
    }


def service(name: str = "store", *ports: dict[str, Any], **selector: str) -> Manifest:
    given = list(ports) or [{"port": 80, "targetPort": "http"}]
    return {
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": selector or {"app": "store"}, "ports": given},
    }


TARGETS = [
    ({"port": 80, "targetPort": "http"}, ServicePort("", 80, 9000)),
    ({"port": 80, "targetPort": 9090}, ServicePort("", 80, 9090)),
    ({"port": 80}, ServicePort("", 80, 80)),
    ({"name": "a2a", "port": 80, "targetPort": "nowhere"}, ServicePort("a2a", 80, 0)),
]


@pytest.mark.parametrize("port, expected", TARGETS)
def test_the_port_of_the_pods_behind_a_port(port: dict[str, Any], expected: ServicePort) -> None:
    assert services.ports_of(service("store", port), deployment()) == [expected]


def test_a_named_port_without_a_workload_can_not_be_told() -> None:
    assert services.ports_of(service(), None) == [ServicePort("", 80, 0)]


def test_a_service_without_selector_selects_nothing() -> None:
    assert not services.selects({"spec": {"ports": []}}, {"app": "store"})
    assert services.behind({"spec": {}}, [deployment()]) is None


SELECTORS = [
    ({}, True),
    ({"matchLabels": {"app": "a"}}, True),
    ({"matchLabels": {"app": "b"}}, False),
    ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}, True),
    ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}, False),
    ({"matchExpressions": [{"key": "gone", "operator": "NotIn", "values": ["a"]}]}, True),
    ({"matchExpressions": [{"key": "gone", "operator": "In", "values": ["a"]}]}, False),
    ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
    ({"matchExpressions": [{"key": "gone", "operator": "Exists"}]}, False),
    ({"matchExpressions": [{"key": "gone", "operator": "DoesNotExist"}]}, True),
    ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ({"matchExpressions": [{"key": "app", "operator": "Gt", "values": ["1"]}]}, False),
    ({"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
]


@pytest.mark.parametrize("selector, expected", SELECTORS)
def test_label_selectors_match_as_in_kubernetes(selector: dict[str, Any], expected: bool) -> None:
    assert services.matches(selector, {"app": "a"}) is expected


def test_a_workload_is_reached_by_the_one_service_that_selects_it() -> None:
    others = [service("web"), service("other", app="other")]
    assert workload.reach("store", deployment(), others, {}) == workload.Reach("web", 80, 9000)


def test_of_several_services_the_one_of_its_name_counts() -> None:
    assert workload.reach("store", deployment(), [service("web"), service("store")], {}).service == "store"


def test_of_several_ports_the_one_called_http_counts() -> None:
    ports = ({"name": "metrics", "port": 9090}, {"name": "http", "port": 80, "targetPort": "http"})
    assert workload.reach("store", deployment(), [service("store", *ports)], {}) == workload.Reach("store", 80, 9000)


def test_a_port_that_is_asked_for_counts() -> None:
    ports = ({"name": "metrics", "port": 9090}, {"name": "http", "port": 80, "targetPort": "http"})
    found = workload.reach("store", deployment(), [service("store", *ports)], {"name": "store", "port": 9090})
    assert found == workload.Reach("store", 9090, 9090)


def test_the_default_port_stands_back_for_what_the_service_has() -> None:
    found = workload.reach("store", deployment(), [service()], {"name": "store", "port": workload.DEFAULT_PORT})
    assert found == workload.Reach("store", 80, 9000)


def test_a_workload_without_an_account_runs_as_default() -> None:
    assert workload.service_account(deployment()) == "default"
    assert workload.service_account(deployment(serviceAccountName="store")) == "store"


def test_the_selector_is_the_workloads_own_and_not_its_labels() -> None:
    assert workload.pod_selector(deployment()) == {"matchLabels": {"app": "store"}}
