"""Topologies and instances as small as a test of the bundle needs them."""

import copy
from collections.abc import Iterable
from typing import Any

from kgen.expand.instantiate import Instance
from kgen.expand.layer import Template
from kgen.manifests import Document, Manifest, Origin, identity_of
from kgen.topology.types import KagentControl, Namespace, Platform, PodSecurity, Topology

_CONTROL = KagentControl("kagent", False, {}, 8083, {}, 8084, (), ())


def platform(**more: Any) -> Platform:
    """A Platform; sync waves are on."""
    values: dict[str, Any] = dict.fromkeys(Platform._fields, "")
    values |= {"kagent": _CONTROL, "sync_waves": True, "agents": (), "namespaces": (), "links": ()} | more
    return Platform(**values)


def namespace(name: str) -> Namespace:
    """A namespace that the run knows."""
    return Namespace(name, "Owned", True, True, "defined", "", {}, PodSecurity("", "", "", ""), ())


def topology(documents: Iterable[Document] = (), namespaces: Iterable[str] = (), **more: Any) -> Topology:
    """A topology of nothing but documents and namespaces."""
    values: dict[str, Any] = dict.fromkeys(Topology._fields, ())
    known = tuple(namespace(name) for name in namespaces)
    return Topology(**values | {"platform": platform(**more), "namespaces": known, "documents": tuple(documents)})


def manifest(kind: str, place: str, api_version: str = "v1", **more: Any) -> Manifest:
    """An object; place is namespace/name, or a name alone."""
    space, _, name = place.rpartition("/")
    metadata = {"name": name, "namespace": space} if space else {"name": name}
    return {"apiVersion": api_version, "kind": kind, "metadata": {**metadata, **more.pop("metadata", {})}, **more}


def document(value: Manifest, file: str = "in.yaml", line: int = 1) -> Document:
    """An object of the input."""
    return Document(value, Origin(file, 0, line))


def made(
    value: Manifest,
    presence: str = "defined",
    layer: str = "network",
    wave: int = 0,
    lists: dict[str, tuple[str, ...]] | None = None,
    on: Platform | None = None,
    built: list[str] | None = None,
) -> Instance:
    """An object that a layer makes or merges. Names of what is built are added to `built`."""
    identity = identity_of(value)

    def build(_scope: Any, _platform: Platform) -> Manifest:
        if built is not None:
            built.append(identity.name)
        return copy.deepcopy(value)

    template = Template(
        "platform",
        None,
        lambda *_: identity,
        wave,
        lambda *_: presence,
        build,
        lists or {},
        f"bases/{layer}/x.yaml",
        3,
        (),
    )
    where = on or platform()
    return Instance(identity, wave, presence, layer, template, where, where)
