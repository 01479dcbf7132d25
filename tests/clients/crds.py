"""The CustomResourceDefinitions that a bundle needs, out of the upstream ones beside the project."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Definition(NamedTuple):
    """One CustomResourceDefinition as text: parsing megabytes of YAML only to send them on would be slow."""

    name: str
    group: str
    kind: str
    text: str


def definitions(crds: Path, kinds: Iterable[tuple[str, str]], kagent: str) -> list[Definition]:
    """Those of the (group, kind) pairs that upstream defines, kagent's of that version."""
    wanted = set(kinds)
    return [each for each in _all(crds, kagent) if (each.group, each.kind) in wanted]


def constraints(templates: Iterable[dict[str, Any]]) -> list[Definition]:
    """The kinds that Gatekeeper makes out of ConstraintTemplates (frameworks/constraint, crd_helpers.go)."""
    found = []
    for template in templates:
        crd = template["spec"]["crd"]["spec"]
        kind = crd["names"]["kind"]
        anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        spec = {
            "enforcementAction": {"type": "string"},
            "match": anything,
            "parameters": crd["validation"]["openAPIV3Schema"],
        }
        schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": spec}}}
        version = {"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
        name, group = f"{kind.lower()}.constraints.gatekeeper.sh", "constraints.gatekeeper.sh"
        names = {"kind": kind, "plural": kind.lower(), "singular": kind.lower(), "listKind": f"{kind}List"}
        body = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {"group": group, "scope": "Cluster", "names": names, "versions": [version]},
        }
        found.append(Definition(name, group, kind, json.dumps(body)))
    return found


def _all(crds: Path, kagent: str) -> Iterator[Definition]:
    for file in sorted(crds.rglob("*.yaml")):
        project, version, *_ = file.relative_to(crds).parts
        if project == "kagent" and version != f"v{kagent}":
            continue
        for text in re.split(r"(?m)^---\s*$", file.read_text()):
            if re.search(r"(?m)^kind: CustomResourceDefinition", text):
                yield Definition(_field("  name", text), _field("  group", text), _field("    kind", text), text)
    runtimes = (crds / "kagenti/agent.kagenti.dev_agentruntimes.yaml").read_text().replace("kagenti", "rossoctl")
    yield Definition(_field("  name", runtimes), _field("  group", runtimes), _field("    kind", runtimes), runtimes)
    yield _cilium(crds / "cilium/ciliumnetworkpolicy_v2.json", "CiliumNetworkPolicy", "ciliumnetworkpolicies")


def _field(key: str, text: str) -> str:
    match = re.search(rf"(?m)^{key}: [\"']?([^\"'\s]+)", text)
    assert match, f"a CustomResourceDefinition without {key.strip()}"
    return match.group(1)


def _cilium(file: Path, kind: str, plural: str) -> Definition:
    """Cilium's schemas come without the definition around them: put one around, as Cilium's own has it."""
    name = f"{plural}.cilium.io"
    version = {"name": "v2", "served": True, "storage": True}
    spec = {
        "group": "cilium.io",
        "scope": "Namespaced",
        "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
        "versions": [{**version, "schema": {"openAPIV3Schema": _structural(json.loads(file.read_text()))}}],
    }
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}}
    return Definition(name, "cilium.io", kind, json.dumps({**head, "spec": spec}))


def _structural(schema: Any) -> Any:
    """The schema without `additionalProperties: false`, which the catalogue added and the API server refuses."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if (key, value) != ("additionalProperties", False)}
        return {key: _structural(value) for key, value in kept.items()}
    return [_structural(each) for each in schema] if isinstance(schema, list) else schema
