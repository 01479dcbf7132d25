"""ResourceLists as kustomize and kpt really send them, in miniature."""

from typing import Any

import yaml

Manifest = dict[str, Any]

KUSTOMIZE_ID = "kustomize.config.k8s.io/id"
PATH = "internal.config.kubernetes.io/path"
INDEX = "internal.config.kubernetes.io/index"
LOCAL = "config.kubernetes.io/local-config"


def link(name: str = "one", caller: str = "team-alpha/orchestrator", callee: str = "team-beta/specialist") -> Manifest:
    return {
        "apiVersion": "kgen.dev/v1alpha1",
        "kind": "AgentLink",
        "metadata": {"name": name},
        "spec": {"from": caller, "to": callee},
    }


def platform(spec: Manifest | None = None, **annotations: str) -> Manifest:
    metadata: Manifest = {"name": "default", "annotations": {LOCAL: "true", **annotations}}
    return {"apiVersion": "kgen.dev/v1alpha1", "kind": "Platform", "metadata": metadata, "spec": spec or {}}


def agent(name: str = "specialist", namespace: str = "team-beta") -> Manifest:
    return {
        "apiVersion": "kagent.dev/v1alpha2",
        "kind": "Agent",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "type": "Declarative",
            "description": "Answers.",
            "declarative": {"modelConfig": "m", "systemMessage": "You answer."},
        },
    }


def config_map(name: str, namespace: str = "team-alpha", **annotations: str) -> Manifest:
    metadata: Manifest = {"name": name, "namespace": namespace}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}


def annotated(manifest: Manifest, annotations: dict[str, str]) -> Manifest:
    metadata = manifest["metadata"]
    return {**manifest, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), **annotations}}}


def from_kustomize(*items: Manifest, config: Manifest | None = None, version: str = "v1") -> bytes:
    """As to a transformer: every item with ids and indexes, and an invented file."""
    marked = [
        annotated(
            item,
            {
                KUSTOMIZE_ID: f"kind: {item['kind']}\nname: {item['metadata']['name']}\n",
                "config.kubernetes.io/index": str(number),
                INDEX: str(number),
                PATH: f"{item['kind'].lower()}_{item['metadata']['name']}.yaml",
                "internal.config.kubernetes.io/id": str(number + 1),
                "config.k8s.io/id": str(number + 1),
            },
        )
        for number, item in enumerate(items)
    ]
    return _list(marked, config, version)


def to_generator(config: Manifest) -> bytes:
    """As to a generator: the configuration is the only item."""
    return _list([config], config, "v1")


def from_kpt(files: dict[str, list[Manifest]], config: Manifest | None = None) -> bytes:
    """As from `kpt fn render`: every item with its file and index, also the configuration where it is a file."""
    items = []
    for file, manifests in files.items():
        for number, manifest in enumerate(manifests):
            items.append(
                annotated(
                    manifest,
                    {
                        "config.kubernetes.io/index": str(number),
                        INDEX: str(number),
                        "internal.config.kubernetes.io/package-path": "/package",
                        "config.kubernetes.io/path": file,
                        PATH: file,
                    },
                )
            )
    return _list(items, config, "v1")


def written(items: list[Manifest]) -> dict[str, list[Manifest]]:
    """The files that kpt writes: by path, in the order of the indexes, without its annotations."""
    files: dict[str, dict[int, Manifest]] = {}
    for item in items:
        annotations = item["metadata"].get("annotations", {})
        place = files.setdefault(annotations[PATH], {})
        assert int(annotations[INDEX]) not in place, f"two objects at {annotations[PATH]} {annotations[INDEX]}"
        ours = {key: value for key, value in annotations.items() if "config.kubernetes.io/" not in key or key == LOCAL}
        metadata = {key: value for key, value in item["metadata"].items() if key != "annotations"}
        place[int(annotations[INDEX])] = {**item, "metadata": {**metadata, **({"annotations": ours} if ours else {})}}
    return {path: [place[index] for index in sorted(place)] for path, place in files.items()}


def _list(items: list[Manifest], config: Manifest | None, version: str) -> bytes:
    whole: Manifest = {"apiVersion": f"config.kubernetes.io/{version}", "kind": "ResourceList", "items": items}
    if config is not None:
        whole["functionConfig"] = config
    return yaml.safe_dump(whole, sort_keys=False).encode()
