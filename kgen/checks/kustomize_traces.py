"""Traces of kustomize: `namespace:` and `namePrefix:` rewrite names, but not those that policies and links hold.

kustomize (5.8) leaves internal.config.kubernetes.io annotations on what it renamed while functions run.
An AgentLink keeps its `from` and `to`; a NetworkPolicy keeps the namespaces that it selects, an Agent its
tools, a principal its ServiceAccount. The result would be silently closed, or silently open.
"""

from collections.abc import Iterable

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
