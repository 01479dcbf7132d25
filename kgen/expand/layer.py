"""What a compiled layer is: its documents as functions, and what people read about it."""

from collections.abc import Callable

from kgen.manifests import Identity, Manifest
from kgen.records import Any, NamedTuple
from kgen.topology.types import Platform

PRESENCES = ("defined", "wired", "external", "proposed")
"""What becomes of an object: see kgen.topology.types."""

TRANSLATION = 2
"""Counts changes of what the translator makes of a template; part of the digest, so that old translations are stale."""

PROFILES = ("Baseline", "Mesh", "Hardened", "ZeroTrust", "Optional")
"""From which profile on a layer is enabled by itself; an Optional one never is."""


class Requirement(NamedTuple):
    """A kind that the cluster must serve for a layer's objects to be accepted."""

    api_version: str
    kind: str
    when: str = ""  # for people; "": always


class Template(NamedTuple):
    """One document of a layer. Every function takes (scope, platform): the value of `each`, and the Platform."""

    each: str  # what it is made for: platform, namespace, agent, link, model, access
    when: Callable[[Any, Platform], bool] | None  # None: always
    identity: Callable[[Any, Platform], Identity]
    wave: int | Callable[[Any, Platform], int]
    presence: Callable[[Any, Platform], str]  # defined, wired, external or proposed
    build: Callable[[Any, Platform], Manifest]  # fresh containers; shared values inside are never to be changed
    lists: dict[str, tuple[str, ...]]  # merge keys of lists, by field path, for wired objects
    file: str  # as people name it: bases/network/ingress.yaml
    line: int  # first line of the document
    controls: tuple[str, ...]  # framework controls that it serves


class Layer(NamedTuple):
    """One concern, as `layer.yaml` and its templates say."""

    name: str
    purpose: str
    profile: str  # one of PROFILES
    wave: int
    requires: tuple[Requirement, ...]
    documents: tuple[Template, ...]


def module_name(layer: str) -> str:
    """Name of a layer's module in expand/compiled/."""
    return layer.replace("-", "_")


def defined(_scope: Any, _platform: Platform) -> str:
    """Presence of a document whose head says nothing about it."""
    return "defined"
