"""Labels of a namespace that the Platform may not set: who enforces what is not said by a label of one's own."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about

_RESERVED = {
    "pod-security.kubernetes.io/": "set it with podSecurity of the namespace",
    "kubernetes.io/": "the API server sets it",
    "kgen.dev/": "kgen sets it",
    "app.kubernetes.io/managed-by": "kgen sets it",
}


_OF_THE_MESH = ("istio-injection", "istio.io/")


def check(draft: Draft) -> Iterator[Result]:
    for name, listed in (draft.platform.manifest["spec"].get("namespaces") or {}).items():
        for label in listed.get("labels") or {}:
            why = next((why for prefix, why in _RESERVED.items() if label.startswith(prefix)), "")
            if draft.mesh.active and label.startswith(_OF_THE_MESH):
                why = "the mesh layer sets it from spec.mesh"
            if why:
                field = f'spec.namespaces["{name}"].labels["{label}"]'
                yield about(draft.platform, "namespace-label", field, f"is not for `labels`: {why}; remove it here")
