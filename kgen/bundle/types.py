"""What a bundle is: its objects by identity, each built only when it is wanted."""

from kgen.bundle.ownership import stamp
from kgen.bundle.wiring import wire
from kgen.expand.instantiate import Instance
from kgen.manifests import Document, Identity, Manifest, Origin
from kgen.records import TYPE_CHECKING, Any, NamedTuple
from kgen.results import Result

if TYPE_CHECKING:
    from kgen.patch.for_owners import Step
    from kgen.patch.json_patches import Patch
from kgen.topology.types import Topology


class Entry(NamedTuple):
    """One object of a bundle: of the input, made by a layer, or of the input with a layer's addition."""

    identity: Identity
    wave: int
    document: Document | None  # where it is in the input
    instances: tuple[Instance, ...]  # what layers make of it; none where it passes through
    patches: "tuple[Patch, ...]" = ()
    early: bool = False  # something else of the run brings its kind to the cluster

    @property
    def layer(self) -> str:
        """The layer that makes it; "" for an object of the input, also for one that layers add to."""
        return self.instances[0].layer if self.document is None else ""

    @property
    def origin(self) -> Origin:
        """Where it is written: in the input, else in a layer's template."""
        if self.document is not None:
            return self.document.origin
        template = self.instances[0].template
        return Origin(template.file, 0, template.line)

    def build(self) -> Manifest:
        """The final object. It may share values with others and is not to be changed."""
        if self.document is None:
            made = self.instances[0]
            waves = made.platform.sync_waves
            manifest = stamp(made.build(), made.layer, made.wave if waves else 0, self.early and waves)
        elif self.instances:
            manifest = wire(self.document, self.instances)
        else:
            manifest = self.document.manifest
        for patch in self.patches:
            manifest = patch.apply(manifest)
        return manifest


class Proposal(NamedTuple):
    """Something for the owner of what kgen does not manage: a whole object, or a patch of one. Never in the bundle."""

    instance: Instance
    whole: bool  # an object to apply; else operations on one that exists

    @property
    def identity(self) -> Identity:
        return self.instance.identity

    @property
    def layer(self) -> str:
        return self.instance.layer

    def manifest(self) -> Manifest:
        """The object to apply. Without kgen's labels: who applies it owns it."""
        return self.instance.build()

    def operations(self) -> list[dict[str, Any]]:
        """The JSON patch (RFC 6902) of an object that exists."""
        from kgen.patch.for_owners import as_json_patch

        return as_json_patch(self.instance.build(), self.instance.template.lists)

    def steps(self) -> "list[Step]":
        """The same with what creates missing parents."""
        from kgen.patch.for_owners import steps

        return steps(self.instance.build(), self.instance.template.lists)


class Bundle(NamedTuple):
    """The result of a run, in the order in which it is written and applied."""

    entries: tuple[Entry, ...]
    results: tuple[Result, ...]  # warnings and notes; errors are raised
    proposals: tuple[Proposal, ...]
    topology: Topology  # what it was made of
    beyond: tuple[Identity, ...] = ()  # objects of the run outside the slice
