"""A bundle as a tree of files that reads well in a diff: a folder a namespace, a file a layer.

    cluster/namespaces.yaml             what is in no namespace
    team-alpha/network.yaml             the objects that one layer makes there, in the bundle's order
    team-alpha/agent-triage.yaml        an object of the input, passed through or completed
    external/team-beta/agent-quotes.patch               for the owner of an object elsewhere
    external/kagent/networkpolicy-controller.proposed   a whole object for somebody else to apply

Proposals have names that no tool takes for manifests, so that nobody applies them with the folder. In JSON,
which holds one document a file, every object has its own file.
"""

from collections.abc import Callable, Iterable, Iterator

from kgen.bundle.types import Entry, Proposal
from kgen.manifests import Identity, Manifest, group_of
from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from kgen.patch.for_owners import Step

CLUSTER = "cluster"
EXTERNAL = "external"

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
_LONGEST = 200  # characters of a name; file systems hold 255 bytes


def pieces(
    objects: Iterable[tuple[Entry, Manifest]], proposals: Iterable[Proposal] = (), form: str = "yaml"
) -> Iterator[tuple[str, str]]:
    """(relative path, text), one object at a time: what has the same path belongs into one file, in this order."""
    paths = Paths(form)
    emit = _emitter(form)
    for entry, manifest in objects:
        path, begun = paths.of(entry)
        yield path, ("---\n" if begun else "") + emit(manifest)
    for proposal in proposals:
        path = paths.alone(f"{EXTERNAL}/{_folder(proposal.identity)}", proposal.identity, _ending(proposal))
        yield path, proposal_text(proposal)


def _emitter(form: str) -> Callable[[Manifest], str]:
    if form == "json":
        from kgen.bundle import emit_json

        return lambda manifest: emit_json.emit(manifest, pretty=True)
    from kgen.bundle import emit_yaml

    return emit_yaml.emit


class Paths:
    """Which file an object goes into, and which files have something already."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.begun: set[str] = set()

    def of(self, entry: Entry) -> tuple[str, bool]:
        folder = _folder(entry.identity)
        if self.form == "json":
            inner = f"{folder}/{entry.layer}" if entry.layer else folder
            return self.alone(inner, entry.identity, "json"), False
        name = entry.layer or _name(entry.identity)
        path = f"{folder}/{_safe(name)}.{self.form}"
        begun = path in self.begun
        self.begun.add(path)
        return path, begun

    def alone(self, folder: str, identity: Identity, ending: str) -> str:
        """A path that nothing else has. Names that differ in letters no file can carry are numbered."""
        name = _safe(_name(identity))
        path, number = f"{folder}/{name}.{ending}", 1
        while path in self.begun:
            number += 1
            path = f"{folder}/{name}-{number}.{ending}"
        self.begun.add(path)
        return path


def _folder(identity: Identity) -> str:
    if not identity.namespace:
        return CLUSTER
    folder = _safe(identity.namespace)
    # No namespace has a dot in its name.
    return f"namespace.{folder}" if folder in (CLUSTER, EXTERNAL) else folder


def _name(identity: Identity) -> str:
    return f"{identity.kind}-{identity.name or 'generated'}"


def _safe(name: str) -> str:
    """A name for a file of every file system: names of the input are anybody's text, `..` and `/` included."""
    text = "".join(letter if letter in _PLAIN else "_" for letter in name.lower())
    if text.startswith("."):
        text = f"_{text[1:]}"
    if len(text) > _LONGEST:
        from zlib import crc32

        text = f"{text[: _LONGEST - 9]}-{crc32(name.encode('utf-8', 'replace')):08x}"
    return text


def _ending(proposal: Proposal) -> str:
    return "proposed" if proposal.whole else "patch"


def proposal_text(proposal: Proposal) -> str:
    """A proposal as a file or a note: a comment that says whose it is and how it is applied, then what to apply."""
    from kgen.bundle.emit_yaml import emit

    identity = proposal.identity
    if proposal.whole:
        place = f"namespace {identity.namespace}" if identity.namespace else "the cluster"
        return f"# For the owner of {place}: kubectl apply -f FILE\n{emit(proposal.manifest())}"
    group = group_of(identity.api_version)
    kind = f"{identity.kind}.{group}".lower() if group else identity.kind.lower()
    where = f" -n {identity.namespace}" if identity.namespace else ""
    head = f"# For the owner of {identity}: kubectl patch {kind} {identity.name}{where} --type json --patch-file FILE\n"
    steps = proposal.steps()
    if any(not step.operation["path"].endswith("/-") for step in steps):
        head += "# A value that is there already is replaced: look first, and join the two by hand.\n"
    return head + "".join(map(_step, steps))


def _step(step: "Step") -> str:
    """An operation, before it what creates its parents, for the owner to uncomment."""
    from kgen.bundle import emit_json, emit_yaml

    text = "- " + emit_yaml.emit(step.operation).rstrip("\n").replace("\n", "\n  ") + "\n"
    if step.parents:
        parents = (f"# - {emit_json.emit(parent)}" for parent in step.parents)
        return "# Take the # away from what is missing:\n" + "".join(parents) + text
    return text
