"""Lints over any set of manifests: what is legal YAML and a legal object, and still wrong in a cluster.

A lint is a module of this folder with a class `Lint`: it sees every object once, keeps only what it
needs (names, never objects), and tells its results at the end, so that lints run while a bundle is
printed. ALL and RENDER name the modules; they are imported when they are used.
"""

from collections.abc import Iterable

from kgen.manifests import Document, Identity, Manifest, Origin, identity_of
from kgen.records import TYPE_CHECKING, Any, NamedTuple
from kgen.results import Result

ALL = ("kustomize_traces", "names", "references", "secrets", "selectors", "schemas")
RENDER = ("names", "references", "secrets")  # cheap enough for every render


class Subject(NamedTuple):
    """One object under check. `origin` is empty for objects that kgen made."""

    identity: Identity
    manifest: Manifest
    origin: Origin = Origin()
    layer: str = ""  # the layer that made or completed it; "" for what only passes through


class External(NamedTuple):
    """An agent that links name and whose manifest is elsewhere."""

    namespace: str
    name: str
    kind: str
    service_account: str
    pod_selector: dict[str, Any]


class Context(NamedTuple):
    """What lints know besides the objects."""

    externals: tuple[External, ...] = ()
    beyond: tuple[Identity, ...] = ()  # objects of the run that are not shown to the lints, outside a slice
    most_listed: int = 0  # names in a note that lists them, 0 for all
    kubernetes_version: str = "1.33"
    crds: tuple[Manifest, ...] = ()  # CustomResourceDefinitions to check custom resources by
    schemas_required: bool = False  # an object that no schema was found for is an error


NOTHING = Context()


if TYPE_CHECKING:  # making a Protocol costs every run more than a lint
    from typing import Protocol

    class Lint(Protocol):
        """What a module's class `Lint(context)` offers."""

        def see(self, subject: Subject) -> None: ...

        def results(self) -> list[Result]: ...


def begin(names: Iterable[str], context: Context = NOTHING) -> "tuple[Lint, ...]":
    """New lints, ready to see objects."""
    # not importlib.import_module, whose own import costs more than a lint's
    return tuple(__import__(f"kgen.checks.{name}", fromlist=["Lint"]).Lint(context) for name in names)


def run(subjects: Iterable[Subject], names: Iterable[str] = ALL, context: Context = NOTHING) -> list[Result]:
    """All results of these lints over these objects."""
    lints = begin(names, context)
    for subject in subjects:
        for lint in lints:
            lint.see(subject)
    return [result for lint in lints for result in lint.results()]


def subject_of(document: Document) -> Subject:
    """A document of the input as a subject; the layer is read off the labels that kgen stamps."""
    labels = (document.manifest.get("metadata") or {}).get("labels")
    layer = ""
    if isinstance(labels, dict) and labels.get("app.kubernetes.io/managed-by") == "kgen":
        layer = str(labels.get("kgen.dev/layer") or "")
    return Subject(identity_of(document.manifest), document.manifest, document.origin, layer)


def problem(subject: Subject, rule: str, message: str, severity: str, field: str = "") -> Result:
    """A result about one object, at its origin."""
    identity, origin = subject.identity, subject.origin
    return Result(
        message,
        severity,
        rule,
        identity.api_version,
        identity.kind,
        identity.namespace,
        identity.name,
        field,
        file=origin.file,
        index=origin.index,
        line=origin.line,
    )
