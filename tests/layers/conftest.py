"""Checks of built objects against the schemas of what would read them."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml

from kgen.checks import Context, Subject, run
from kgen.manifests import Manifest, identity_of
from kgen.results import ERROR


def _custom_resource(schema: dict) -> Manifest:
    """A JSON Schema of a catalogue in the clothes of the CRD it was made from."""
    version = {"name": "v2", "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "CiliumNetworkPolicy", "plural": "ciliumnetworkpolicies"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "ciliumnetworkpolicies.cilium.io"},
        "spec": {"group": "cilium.io", "names": names, "scope": "Namespaced", "versions": [version]},
    }


def _read(folder: Path) -> tuple[Manifest, ...]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return tuple(
        yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506  # a safe one, in C where there is one
        for path in sorted(folder.glob("*.yaml"))
        if path.stem.endswith(("_agents", "_modelconfigs"))
    )


def _problems(manifests: Iterable[Manifest], crds: tuple[Manifest, ...]) -> list[str]:
    context = Context(crds=crds, schemas_required=True)
    subjects = [Subject(identity_of(manifest), manifest) for manifest in manifests]
    found = run(subjects, ["schemas"], context)
    return [f"{result.kind} {result.field}: {result.message}" for result in found if result.severity == ERROR]


@pytest.fixture(scope="session")
def built_in_problems() -> Callable[..., list[str]]:
    """What the Kubernetes schemas have against objects."""
    pytest.importorskip("kubernetes_validate", reason="needs kgen[schemas]")
    return lambda *manifests: _problems(manifests, ())


@pytest.fixture(scope="session", params=["v0.9", "v0.10"])
def kagent_problems(request: pytest.FixtureRequest, shared: Path) -> Callable[..., list[str]]:
    """What the CRDs of one kagent version have against objects (structure only; CEL takes an API server)."""
    pytest.importorskip("kubernetes_validate", reason="needs kgen[schemas]")
    crds = _read(shared / "crds" / "kagent" / request.param)
    return lambda *manifests: _problems(manifests, crds)


@pytest.fixture(scope="session")
def cilium_problems(shared: Path) -> Callable[..., list[str]]:
    """What Cilium's schema has against objects."""
    pytest.importorskip("kubernetes_validate", reason="needs kgen[schemas]")
    schema = json.loads((shared / "crds" / "cilium" / "ciliumnetworkpolicy_v2.json").read_text())
    return lambda *manifests: _problems(manifests, (_custom_resource(schema),))


@pytest.fixture(scope="session")
def istio_problems(shared: Path) -> Callable[..., list[str]]:
    """What the CRDs of Istio and of the Gateway API have against objects (structure only; CEL takes an API server)."""
    pytest.importorskip("kubernetes_validate", reason="needs kgen[schemas]")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = [*(shared / "crds" / "istio").glob("*.yaml"), *(shared / "crds" / "gateway-api").glob("*_gateways.yaml")]
    found = [each for file in files for each in yaml.load_all(file.read_bytes(), Loader=loader) if each]
    return lambda *manifests: _problems(manifests, tuple(found))


@pytest.fixture(scope="session")
def identity_problems(shared: Path) -> Callable[..., list[str]]:
    """What the CRDs of SPIRE and of the operator, under both its names, have against objects."""
    pytest.importorskip("kubernetes_validate", reason="needs kgen[schemas]")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    kagenti = sorted((shared / "crds" / "kagenti").glob("*_agent[cr]*.yaml"))
    texts = [file.read_text() for file in [*kagenti, *(shared / "crds" / "spire").glob("*_clusterspiffeids.yaml")]]
    texts += [file.read_text().replace("kagenti", "rossoctl") for file in kagenti]  # as upstream renamed itself
    crds = tuple(each for text in texts for each in yaml.load_all(text, Loader=loader) if each)
    return lambda *manifests: _problems(manifests, crds)
