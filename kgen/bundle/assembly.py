"""Decides on identities what the bundle holds: uniqueness, wiring, proposals, patches, the slice, the order.

Objects of layers are built later, one at a time. What can fail on an object itself, a merge or a patch,
is tried here once, so that every error comes before the first byte of output.
"""

from collections.abc import Iterable

from kgen.bundle.order import sort_key, usual_wave, wave_of
from kgen.bundle.slices import WHOLE, Slice, refuse
from kgen.bundle.types import Bundle, Entry, Proposal
from kgen.bundle.wiring import place, template_place, wave_results
from kgen.expand.instantiate import Instance
from kgen.expand.scopes import who
from kgen.manifests import Document, Identity, get, group_of, identity_of
from kgen.patch.merge import merge
from kgen.records import TYPE_CHECKING
from kgen.results import Refused, Result
from kgen.topology.types import DEFINED, PROPOSED, WIRED, Topology

if TYPE_CHECKING:
    from kgen.patch.json_patches import Patch

Key = tuple[str, str, str, str]


def assemble(
    topology: Topology, instances: Iterable[Instance], patches: "Iterable[Patch]" = (), slice: Slice | None = None
) -> Bundle:
    """The bundle of a run, or the slice of it that is wanted. Raises Refused with every error found.

    `topology.documents` have gone through `ownership.release` before the topology was built. Everything is decided
    over the whole, so that a slice is refused for what the whole would be.
    """
    slice = slice or WHOLE
    work = _Assembly()
    work.take_input(topology.documents)
    work.take_instances(instances)
    entries = work.entries()
    entries = work.tried(entries, tuple(patches))
    names = {proposal.identity.namespace for proposal in work.proposals}
    names |= {entry.identity.namespace for entry in entries} | {known.name for known in topology.namespaces}
    if (missing := refuse(slice, names)) is not None:
        work.problems.append(missing)
    if work.problems:
        raise Refused([*topology.results, *work.results, *work.problems])
    beyond = tuple(entry.identity for entry in entries if not slice.holds(entry.identity))
    entries = [entry for entry in entries if slice.holds(entry.identity)]
    entries.sort(key=lambda entry: sort_key(entry.identity, entry.wave))
    proposals = [proposal for proposal in work.proposals if slice.holds(proposal.identity)]
    proposals.sort(key=lambda proposal: (sort_key(proposal.identity, proposal.instance.wave), proposal.layer))
    return Bundle(tuple(entries), (*topology.results, *work.results), tuple(proposals), topology, beyond)


class _Assembly:
    """What was taken so far, by identity without the version: apps/v1 and apps/v1beta1 are one object."""

    def __init__(self) -> None:
        self.input: dict[Key, Document] = {}
        self.nameless: list[Document] = []  # generateName: the API server names them, each is an object of its own
        self.made: dict[Key, Instance] = {}
        self.additions: dict[Key, list[Instance]] = {}
        self.proposed: dict[Key, Instance] = {}
        self.proposals: list[Proposal] = []
        self.results: list[Result] = []
        self.problems: list[Result] = []

    def take_input(self, documents: Iterable[Document]) -> None:
        for document in documents:
            identity = identity_of(document.manifest)
            if not identity.name:
                self.nameless.append(document)
            elif (first := self.input.setdefault(identity.key, document)) is not document:
                here, there = place(first.origin), place(document.origin)
                places = f"in {here} and in {there}" if here != there else f"twice in {here}"
                self.refuse(identity, document, f"it is {places}: take one of them out")

    def take_instances(self, instances: Iterable[Instance]) -> None:
        for instance in instances:
            key = instance.identity.key
            if instance.presence == DEFINED:
                self.define(key, instance)
            elif instance.presence == WIRED:
                self.additions.setdefault(key, []).append(instance)
            else:
                self.propose(key, instance)
        for key, additions in self.additions.items():
            if key not in self.input:
                first = additions[0]
                text = f"{template_place(first)} merges into it, but the input does not hold it: correct the layer"
                self.refuse(first.identity, None, text)

    def define(self, key: Key, instance: Instance) -> None:
        identity = instance.identity
        if (document := self.input.get(key)) is not None:
            text = (
                f"it is in {place(document.origin)}, and {template_place(instance)} makes an object of that name: "
                f"rename yours or take it out, or switch the layer off by spec.layers: {{{instance.layer}: Disabled}}"
            )
            self.refuse(identity, document, text)
        elif (other := self.made.setdefault(key, instance)) is not instance:
            self.refuse(identity, None, _twice(other, instance))

    def propose(self, key: Key, instance: Instance) -> None:
        whole = instance.presence == PROPOSED
        proposal = Proposal(instance, whole)
        if not whole:
            if proposal.operations():
                self.proposals.append(proposal)
            return
        if (other := self.proposed.setdefault(key, instance)) is not instance:
            self.refuse(instance.identity, None, _twice(other, instance))
            return
        if (document := self.input.get(key)) is not None:
            merged, conflicts = merge(document.manifest, instance.build(), {})
            if not conflicts and merged is document.manifest:
                return  # its owner has done it already
        self.proposals.append(proposal)

    def entries(self) -> list[Entry]:
        """One entry for each object, with no patches yet and in no order."""
        brought = self.brought()
        found = [
            Entry(made.identity, made.wave, None, (made,), (), bool(brought) and _is_of(made.identity, brought))
            for made in self.made.values()
        ]
        for key, document in self.input.items():
            additions = tuple(self.additions.get(key, ()))
            identity = identity_of(document.manifest)
            wave = wave_of(document.manifest, additions[0].wave if additions else usual_wave(identity))
            self.results += wave_results(document, additions)
            found.append(Entry(identity, wave, document, additions))
        for document in self.nameless:
            found.append(Entry(identity_of(document.manifest), wave_of(document.manifest), document, ()))
        return found

    def brought(self) -> set[tuple[str, str]]:
        """Groups with the kinds that the run itself brings to the cluster: its CRDs, and what Gatekeeper makes CRDs of.

        Argo CD (3.x) knows of a CRD in the same Application, but not of one in another slice, or of a template.
        """
        found = set()
        for (group, kind, _, name), document in self.input.items():
            if (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
                spec = document.manifest.get("spec")
                found.add((str(get(spec, "group")), str(get(spec, "names", "kind"))))
            elif group == "templates.gatekeeper.sh":
                found.add(("constraints.gatekeeper.sh", name))
        found |= {("constraints.gatekeeper.sh", key[3]) for key in self.made if key[0] == "templates.gatekeeper.sh"}
        return found

    def tried(self, entries: list[Entry], patches: "tuple[Patch, ...]") -> list[Entry]:
        """The entries with the patches that are for them. What is merged or patched is built once, for its errors."""
        matched: set[int] = set()
        found: list[Entry] = []
        for entry in entries:
            candidates = [(i, p) for i, p in enumerate(patches) if p.target.matches_identity(entry.identity)]
            if candidates or (entry.document is not None and entry.instances):
                try:
                    entry = _patched(entry, candidates, matched)
                except Refused as refused:
                    self.problems += refused.results
                    matched.update(index for index, _ in candidates)
            found.append(entry)
        if len(matched) < len(patches):
            from kgen.patch.json_patches import nothing_matched

            identities = [entry.identity for entry in entries]
            self.problems += [nothing_matched(p, identities) for i, p in enumerate(patches) if i not in matched]
        return found

    def refuse(self, identity: Identity, document: Document | None, text: str) -> None:
        self.problems.append(
            Result(
                text,
                rule="one-object",
                api_version=identity.api_version,
                kind=identity.kind,
                namespace=identity.namespace,
                name=identity.name,
                file=document.origin.file if document else "",
                index=document.origin.index if document else 0,
                line=document.origin.line if document else 0,
            )
        )


def _is_of(identity: Identity, kinds: set[tuple[str, str]]) -> bool:
    """Whether an object is of one of these kinds; a ConstraintTemplate's name is its kind in small letters."""
    group = group_of(identity.api_version)
    return (group, identity.kind) in kinds or (group, identity.kind.lower()) in kinds


def _patched(entry: Entry, candidates: "list[tuple[int, Patch]]", matched: set[int]) -> Entry:
    """The entry with those of the candidates that are for it."""
    manifest = entry.build()
    patches: list[Patch] = []
    for index, patch in candidates:
        # As in kustomize, a selector sees what the patches before it did.
        if patch.target.matches_metadata(manifest):
            matched.add(index)
            manifest = patch.apply(manifest)
            patches.append(patch)
    if not patches:
        return entry
    return entry._replace(patches=tuple(patches), wave=wave_of(manifest, entry.wave))


def _twice(one: Instance, other: Instance) -> str:
    if one.template is other.template:
        scopes = f"{who(one.scope)} and for {who(other.scope)}"
        return f"{template_place(one)} makes it twice, for {scopes}: rename one of them"
    return f"it is made by {template_place(one)} and by {template_place(other)}: switch one of the layers off"
