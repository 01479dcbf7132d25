"""One side of a comparison: its objects by identity, each built only when it is wanted, and what they were made of."""

from collections.abc import Callable, Iterable

from kgen.bundle.types import Bundle
from kgen.checks import subject_of
from kgen.manifests import Document, Identity, Manifest, Origin, get, identity_of
from kgen.records import NamedTuple
from kgen.topology.types import Topology

Key = tuple[str, str, str, str]  # as Identity.key


_GROUPS = frozenset(
    [
        *("", "apps", "batch", "kagent.dev", "networking.k8s.io", "cilium.io", "policy.networking.k8s.io"),
        *("security.istio.io", "networking.istio.io", "gateway.networking.k8s.io"),
    ]
)
_BESIDE = frozenset(("ConfigMap", "Secret", "ModelConfig", "PersistentVolumeClaim"))
ROOT = "istio-system"


def concerns(key: Key) -> bool:
    """Whether an object can be part of what a world is made of."""
    return key[0] in _GROUPS and key[1] not in _BESIDE


class Item(NamedTuple):
    """One object of a side."""

    identity: Identity
    origin: Origin
    layer: str  # of kgen's that made it; "" for somebody else's
    build: Callable[[], Manifest]


class Side(NamedTuple):
    """Everything of one revision."""

    items: dict[Key, Item]
    topology: Topology | None
    consent: str  # spec.consent of its Platform
    teams: dict[str, str]  # by namespace, where the Platform names one
    root_namespace: str = ROOT  # whose mesh policies count everywhere


def of_bundle(bundle: Bundle, platform: Manifest) -> Side:
    """What links expand to."""
    items = {
        entry.identity.key: Item(entry.identity, entry.origin, entry.layer, entry.build) for entry in bundle.entries
    }
    return Side(items, bundle.topology, *_stated(platform))


def of_documents(documents: Iterable[Document], platform: Manifest) -> Side:
    """Manifests as they are."""
    items: dict[Key, Item] = {}
    for document in documents:
        identity = identity_of(document.manifest)

        def build(manifest: Manifest = document.manifest) -> Manifest:
            return manifest

        items[identity.key] = Item(identity, document.origin, subject_of(document).layer, build)
    return Side(items, None, *_stated(platform))


NOTHING = Side({}, None, "NotRequired", {})
"""A side without anything: the paths are not there, or hold no manifests."""


def _stated(platform: Manifest) -> tuple[str, dict[str, str], str]:
    spec = get(platform, "spec", default={})
    teams = {name: team for name, given in (spec.get("namespaces") or {}).items() if (team := get(given, "team"))}
    return str(spec.get("consent") or "NotRequired"), teams, str(get(spec, "mesh", "rootNamespace", default=ROOT))
