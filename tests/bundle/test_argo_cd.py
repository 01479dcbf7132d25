"""What Argo CD has to get: what it or the cluster writes is not in it, and it is all objects with a place."""

from typing import Any

import pytest

from kgen.bundle.argo_cd import fitted, marks, unfit


def manifest(kind: str = "Deployment", version: str = "apps/v1", **more: Any) -> dict[str, Any]:
    metadata = {"name": "d", "namespace": "a", **more.pop("metadata", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def test_most_objects_are_as_they_were() -> None:
    plain = manifest(metadata={"labels": {"app": "d"}}, spec={"replicas": 1})
    assert fitted(plain) is plain
    assert marks(plain) == []


def test_tracking_marks_are_taken_off() -> None:
    metadata = {
        "labels": {"app.kubernetes.io/instance": "other-app", "app": "d"},
        "annotations": {"argocd.argoproj.io/tracking-id": "other-app:apps/Deployment:a/d"},
    }
    marked = manifest(metadata=metadata)
    assert fitted(marked)["metadata"] == {"name": "d", "namespace": "a", "labels": {"app": "d"}}
    assert marks(marked) == ["app.kubernetes.io/instance", "argocd.argoproj.io/tracking-id"]
    assert marked["metadata"]["labels"]["app.kubernetes.io/instance"], "the input is not changed"


def test_a_selector_keeps_its_label() -> None:
    labels = {"app.kubernetes.io/instance": "d"}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    assert fitted(manifest(spec=spec))["spec"] == spec


def test_what_a_server_writes_is_taken_off() -> None:
    copied = manifest(
        metadata={"uid": "u", "resourceVersion": "1", "generation": 3, "creationTimestamp": None, "managedFields": []},
        status={"replicas": 1},
    )
    assert fitted(copied) == manifest()


def test_nulls_of_built_in_kinds_are_no_fields_and_those_of_others_may_mean_something() -> None:
    spec = {"strategy": None, "template": {"spec": {"containers": [{"name": "c", "env": None}, None]}}}
    assert fitted(manifest(spec=spec))["spec"] == {"template": {"spec": {"containers": [{"name": "c"}, None]}}}
    custom = manifest("Thing", "example.com/v1", spec={"a": None}, status=None)
    assert fitted(custom) is custom
    config = manifest("ConfigMap", "v1", data={"a": None})
    assert fitted(config) == config


@pytest.mark.parametrize(
    "version, kind",
    [
        ("audit.k8s.io/v1", "Policy"),
        ("apiserver.config.k8s.io/v1", "EncryptionConfiguration"),
        ("v1", "Config"),
        ("argoproj.io/v1alpha1", "ConfigManagementPlugin"),
    ],
)
def test_files_of_programs_are_no_objects(version: str, kind: str) -> None:
    result = unfit(manifest(kind, version))
    assert result is not None
    assert "no object of a cluster" in result.message


@pytest.mark.parametrize(
    "version, kind, wanted",
    [
        ("v1", "ConfigMap", True),
        ("networking.k8s.io/v1", "NetworkPolicy", True),
        ("kagent.dev/v1alpha2", "Agent", True),
        ("v1", "Namespace", False),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", False),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", False),
        ("templates.gatekeeper.sh/v1", "ConstraintTemplate", False),
        ("example.com/v1", "Thing", False),
    ],
)
def test_an_object_of_a_namespace_says_which(version: str, kind: str, wanted: bool) -> None:
    bare = manifest(kind, version)
    assert unfit(bare) is None
    del bare["metadata"]["namespace"]
    result = unfit(bare)
    assert (result is not None) is wanted
    if result:
        assert result.field == "metadata.namespace"
