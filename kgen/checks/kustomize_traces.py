"""Traces of kustomize: `namespace:` and `namePrefix:` rewrite names, but not those that policies and links hold.

kustomize (5.8) leaves internal.config.kubernetes.io annotations on what it renamed while functions run.
An AgentLink keeps its `from` and `to`; a NetworkPolicy keeps the namespaces that it selects, an Agent its
tools, a principal its ServiceAccount. The result would be silently closed, or silently open.

`commonLabels:`, and `labels:` with includeSelectors, are seen by what they do: the label is on the object and in
every selector of pods in it, and on no pod that kagent makes.
"""

from collections.abc import Iterable, Iterator

from kgen.checks import NOTHING, Context, Subject, problem, subject_of
from kgen.manifests import Document, Manifest, get
from kgen.records import Any
from kgen.results import ERROR, Refused, Result

_PREFIX = "internal.config.kubernetes.io/"
_WAY = (
    "write the names in spec (from, to) and give each environment its own Platform; "
    "keep kgen's inputs in a kustomization without namespace:, namePrefix: and nameSuffix:"
)
_NO_NAMESPACE = ("default", "_non_namespaceable_")  # what kustomize records where there was none


def rewritten(manifest: Manifest) -> str:
    """Which setting of kustomize renamed the object, e.g. `namespace:`; "" for none."""
    annotations = get(manifest, "metadata", "annotations")
    if not isinstance(annotations, dict):
        return ""
    namespace = get(manifest, "metadata", "namespace", default="")
    if annotations.get(_PREFIX + "prefixes"):
        return "namePrefix:"
    if annotations.get(_PREFIX + "suffixes"):
        return "nameSuffix:"
    if _changed(annotations.get(_PREFIX + "previousNamespaces"), namespace, *_NO_NAMESPACE[: 2 * (not namespace)]):
        return "namespace:"
    if _changed(annotations.get(_PREFIX + "previousNames"), get(manifest, "metadata", "name", default="")):
        return "namePrefix: or nameSuffix:"
    return ""


def _changed(previous: Any, *current: str) -> bool:
    return isinstance(previous, str) and any(name not in current for name in previous.split(",") if name)


def _in_selectors(manifest: Manifest) -> str:
    """The label of a NetworkPolicy that all its selectors of pods ask for as well, as key=value; "" for none."""
    if manifest.get("kind") != "NetworkPolicy":
        return ""
    selectors = [labels for labels in _pod_selectors(manifest.get("spec")) if labels]
    for key, value in (get(manifest, "metadata", "labels", default=None) or {}).items():
        if selectors and all(labels.get(key) == value for labels in selectors):
            return f"{key}={value}"
    return ""


def _pod_selectors(value: Any) -> Iterator[dict[str, Any]]:
    """The matchLabels of each podSelector below a value."""
    if isinstance(value, list):
        for item in value:
            yield from _pod_selectors(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "podSelector":
                labels = get(item, "matchLabels", default={})
                yield labels if isinstance(labels, dict) else {}
            else:
                yield from _pod_selectors(item)


class Lint:
    """Looks at kgen's own kinds and at what kgen made before."""

    def __init__(self, context: Context) -> None:
        self._found: list[Result] = []

    def see(self, subject: Subject) -> None:
        ours = subject.identity.api_version.startswith("kgen.dev/")
        if not ours and not subject.layer:
            return
        if setting := rewritten(subject.manifest):
            what = "names in its spec" if ours else "names in policies, tools and principals of the bundle"
            message = f"kustomize's {setting} renamed this object, but not the {what}; {_WAY}"
            self._found.append(problem(subject, "kustomize-rewrote", message, ERROR))
        elif subject.layer and (label := _in_selectors(subject.manifest)):
            message = (
                f"kustomize's commonLabels:, or labels: with includeSelectors, put {label} into its selectors, and no "
                "pod of an agent has that label: what this policy guards is open, or cut off; use labels: without "
                "includeSelectors"
            )
            self._found.append(problem(subject, "kustomize-rewrote", message, ERROR, "spec"))

    def results(self) -> list[Result]:
        return self._found


def refuse(documents: Iterable[Document]) -> None:
    """Raises Refused where kustomize renamed kgen's input, or what kgen made before, ahead of everything else."""
    lint = Lint(NOTHING)
    for document in documents:
        if (document.manifest.get("metadata") or {}).get("annotations"):
            lint.see(subject_of(document))
    if found := lint.results():
        raise Refused(found)
