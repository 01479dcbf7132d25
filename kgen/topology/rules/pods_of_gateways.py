"""The pods of an egress gateway are its own.

Its Service and its policies go by one label. A pod of the input that carries it too would be handed what agents ask of
the world, and get out as the gateway does.
"""

from collections.abc import Iterator

from kgen.manifests import Document, get
from kgen.results import Result
from kgen.runtimes import kagent
from kgen.runtimes.shapes import labels
from kgen.topology.detours import LABEL
from kgen.topology.draft import Draft
from kgen.topology.index import about

_TEMPLATE = ("spec", "template", "metadata", "labels")
_LABELS = {
    "Pod": ("metadata", "labels"),
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", "spec", "template", "metadata", "labels"),
}


def check(draft: Draft) -> Iterator[Result]:
    for namespace, gateway in draft.gateways:
        for kind, path in _LABELS.items():
            for document in draft.inputs.all(kind, namespace):
                if labels(get(document.manifest, *path)).get(LABEL) == gateway:
                    yield _taken(document, ".".join(path), namespace, gateway)
        for document in draft.inputs.all("Agent", namespace):
            if labels(kagent.deployment_of(document.manifest).get("labels")).get(LABEL) == gateway:
                section = "byo" if kagent.is_byo(document.manifest) else "declarative"
                yield _taken(document, f"spec.{section}.deployment.labels", namespace, gateway)


def _taken(document: Document, path: str, namespace: str, gateway: str) -> Result:
    message = (
        f"marks its pods as those of the egress gateway {namespace}/{gateway}: they would be handed what agents "
        "ask of the world outside, and get out as it does; "
        "remove the label"
    )
    return about(document, "gateway-pods", f'{path}["{LABEL}"]', message)
