"""Small objects for the tests of lints."""

from typing import Any

from kgen.checks import NOTHING, Context, Subject, run
from kgen.manifests import Manifest, Origin, identity_of
from kgen.results import Result


def manifest(kind: str, place: str, api_version: str = "v1", **rest: Any) -> Manifest:
    """An object `namespace/name`, or `name` alone for a cluster-scoped one."""
    namespace, _, name = place.rpartition("/")
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata | rest.pop("metadata", {}), **rest}


def agent(place: str, **declarative: Any) -> Manifest:
    return manifest("Agent", place, "kagent.dev/v1alpha2", spec={"type": "Declarative", "declarative": declarative})


def deployment(place: str, labels: dict[str, str] | None = None, **pod: Any) -> Manifest:
    template = {"metadata": {"labels": labels or {"app": "x"}}, "spec": {"containers": [{"name": "main"}]} | pod}
    return manifest("Deployment", place, "apps/v1", spec={"template": template})


def lint(name: str, *manifests: Manifest, layer: str = "", context: Context = NOTHING) -> list[Result]:
    return run(
        [Subject(identity_of(m), m, Origin("in.yaml", i, 1), layer) for i, m in enumerate(manifests)], [name], context
    )
