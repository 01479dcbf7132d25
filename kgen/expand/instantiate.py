"""Layers over a topology: one instance for each document and each member of what it is made for."""

from kgen.expand.layer import Layer, Template
from kgen.expand.scopes import members
from kgen.manifests import Identity, Manifest
from kgen.records import Any, NamedTuple
from kgen.results import Refused, Result
from kgen.topology.types import Platform, Topology


class Instance(NamedTuple):
    """One object that is to be made. It is built late, one at a time."""

    identity: Identity
    wave: int
    presence: str  # defined, wired, external or proposed
    layer: str
    template: Template
    scope: Any  # member of what the template is made for
    platform: Platform

    def build(self) -> Manifest:
        """The object: fresh containers, but values inside may be shared and are never to be changed."""
        return self.template.build(self.scope, self.platform)


def instantiate(layers: "list[Layer] | tuple[Layer, ...]", topology: Topology) -> list[Instance]:
    """Every object of every layer, in the layers' order. Raises Refused, with one problem a document."""
    found: list[Instance] = []
    problems: list[Result] = []
    for layer in layers:
        for template in layer.documents:
            try:
                _instances(layer.name, template, topology, found)
            except Refused as refused:
                problems += refused.results
    if problems:
        raise Refused(problems)
    return found


def _instances(layer: str, template: Template, topology: Topology, found: list[Instance]) -> None:
    platform = topology.platform
    when, identity, wave, presence = template.when, template.identity, template.wave, template.presence
    for scope in members(topology, template.each):
        if when is None or when(scope, platform):
            at = wave if isinstance(wave, int) else wave(scope, platform)
            found.append(
                Instance(identity(scope, platform), at, presence(scope, platform), layer, template, scope, platform)
            )
