"""What a KRM function is asked for and what it answers, whatever protocol the client speaks.

Three roles, told apart by what arrives: a *transformer* has links among the items and the Platform as its
configuration; a *generator* finds them in the configuration itself, or in files that it names; a *validator* is told
so, by the annotation kgen.dev/role or an option, and checks what there is. Overlays, too, stand in an annotation of
the configuration, kgen.dev/overlays, or in options: kustomize before 5.8 can not hand over arguments.
"""

import os
from collections.abc import Sequence

import kgen
from kgen import kinds
from kgen.bundle.ownership import is_output
from kgen.checks.kustomize_traces import refuse
from kgen.entry.date import as_of
from kgen.entry.request import ROLE, VALIDATOR, Request, naming, settle
from kgen.load import clients
from kgen.manifests import Document, Manifest, get, identity_of
from kgen.patch.record import ANNOTATION as WIRED
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.results import ERROR, INFO, Refused, Result

if TYPE_CHECKING:
    from kgen.bundle import Bundle
    from kgen.load.overlays import Overlay

OVERLAYS = "kgen.dev/overlays"  # names or folders, in order, with commas between
ROLES = ("transformer", "generator", VALIDATOR)


class Call(NamedTuple):
    """One call of a client."""

    items: Sequence[Document]
    config: Document | None  # functionConfig
    in_place: bool = False  # the items are a user's files, and what is left out is deleted
    role: str = ""  # asked for by an option
    overlays: Sequence[str] = ()
    as_of: str | None = None


class Answer(NamedTuple):
    """What goes back, in order, and what there is to tell; errors among it are a validator's."""

    items: tuple[Manifest, ...]
    results: tuple[Result, ...]


def answer(call: Call) -> Answer:
    """The objects of a call, every one built and checked. Raises Refused; then nothing is half done."""
    day = as_of(call.as_of, os.environ)
    role = _role(call)
    items = [item for item in call.items if not _is_config(item, call.config)]
    mine = [clients.without_invented_file(item) for item in items if not clients.is_aside(item.manifest)]
    if role != VALIDATOR and not call.in_place:
        _refuse_second_run(mine)
    if role == VALIDATOR:
        request = _request(call, mine)
        from kgen.entry.examination import examine

        made = any(is_output(item.manifest) for item in mine)
        links = any(kinds.is_ours(document.manifest) for document in request.documents)
        results = examine(request, day, expands=None if links or not made else False)[1]
        # kustomize refuses items that differ in an annotation of its own; files have to stay
        return Answer(tuple(item.manifest for item in call.items) if call.in_place else (), results)
    refuse(mine)  # by annotations of the client's, which are no part of the objects
    known = {}
    for number, item in enumerate(mine):
        mine[number], known[identity_of(item.manifest).key] = clients.detached(item)
    request = _request(call, mine)
    bundle = kgen.render(request.documents, request.platform, layers=request.layers, patches=request.patches, as_of=day)
    from kgen.checks.passing import Passing

    passing = Passing(bundle)
    built = [
        (entry, clients.attached(manifest, known.get(entry.identity.key, {})) if entry.document else manifest)
        for entry, manifest in passing
    ]
    kept = [_kept(item, call.in_place) for item in call.items if _stays(item, call)]
    if call.in_place:
        from kgen.bundle.packages import places

        taken = [item.origin for item in call.items if not is_output(item.manifest)]
        placed = places(built, [(origin.file, origin.index) for origin in taken])
        objects = [clients.placed(manifest, *place) if place else manifest for manifest, place in placed]
    else:
        objects = [manifest for _, manifest in built]
    return Answer((*kept, *objects), (*request.results, *passing.results, *_for_owners(bundle)))


def _role(call: Call) -> str:
    role = call.role or _annotation(call.config, ROLE)
    if role and role not in ROLES:
        message = f"the role {role} does not exist: write one of {', '.join(ROLES)}, or nothing"
        raise Refused([Result(message, ERROR, "role", field=f'metadata.annotations["{ROLE}"]', current=role)])
    return role


def _annotation(config: Document | None, name: str) -> str:
    return str(clients.annotations_of(config.manifest).get(name) or "") if config else ""


def _request(call: Call, items: list[Document]) -> Request:
    """What the configuration, the items and the files that it names say together. Raises Refused."""
    platforms: list[Document] = []
    parameters: list[Document] = []
    documents: list[Document] = []
    notes: list[Result] = []
    config = call.config
    if config is not None and kinds.is_ours(config.manifest):
        (platforms if config.manifest.get("kind") == "Platform" else documents).append(config)
    elif config is not None and (config.manifest.get("apiVersion"), config.manifest.get("kind")) == ("v1", "ConfigMap"):
        from kgen.load.platform import parameter_fragment

        data = get(config.manifest, "data", default={})
        parameters.append(parameter_fragment({name: str(data[name]) for name in data}, "functionConfig"))
    elif config is not None:
        raise Refused([_unknown(config.manifest)])
    names = call.overlays or [name.strip() for name in _annotation(config, OVERLAYS).split(",") if name.strip()]
    overlaid = _overlays(names)
    said = [*platforms, *(overlay.platform for overlay in overlaid if overlay.platform), *parameters]
    if named := naming(said):
        from kgen.load import globs

        read = globs.read(*named)
        documents += read.documents
        notes += read.results
    return settle([*documents, *items], platforms or None, overlaid, parameters, results=notes)


def _unknown(manifest: Manifest) -> Result:
    what = f"{manifest.get('apiVersion')} {manifest.get('kind')}"
    message = (
        f"functionConfig is {what}: give a Platform or an AgentLink of {kinds.API_VERSION}, "
        "or a ConfigMap with values of the Platform, such as kagent.version"
    )
    return Result(message, ERROR, "function-config", proposed=f"{kinds.API_VERSION} Platform")


def _overlays(names: Sequence[str]) -> "list[Overlay]":
    if not names:
        return []
    from kgen.load import overlays

    return [overlays.read(name) for name in names]


def _is_config(item: Document, config: Document | None) -> bool:
    """kustomize lists a generator's configuration among the items, kpt a configuration that lies in the package."""
    if config is None or identity_of(item.manifest) != identity_of(config.manifest):
        return False
    return all(item.manifest.get(part) == config.manifest.get(part) for part in ("spec", "data"))


def _stays(item: Document, call: Call) -> bool:
    """Whether an item goes back beside the bundle: what is no business of kgen's, and a user's own files."""
    if call.in_place:
        return clients.is_aside(item.manifest) or kinds.is_ours(item.manifest)
    return clients.is_aside(item.manifest) and not _is_config(item, call.config)


def _kept(item: Document, in_place: bool) -> Manifest:
    return clients.local(item.manifest) if in_place and kinds.is_ours(item.manifest) else item.manifest


def _refuse_second_run(items: Sequence[Document]) -> None:
    """Inside kustomize, earlier output is that of another call whose links are gone: it would be pruned as stale."""
    problems = []
    for item in items:
        made = is_output(item.manifest)
        if made or WIRED in clients.annotations_of(item.manifest):
            identity = identity_of(item.manifest)
            message = (
                f"another call of kgen {'made' if made else 'completed'} this object, and its links are not here any "
                "more: expand once, in the outermost kustomization, over the links of all its bases"
            )
            problems.append(
                Result(
                    message,
                    ERROR,
                    "expanded-twice",
                    identity.api_version,
                    identity.kind,
                    identity.namespace,
                    identity.name,
                )
            )
    if problems:
        raise Refused(problems[:1] if len(problems) > 3 else problems)


def _for_owners(bundle: "Bundle") -> list[Result]:
    """kustomize has no place for what others should apply; `kgen render` prints it."""
    if not bundle.proposals:
        return []
    names = ", ".join(dict.fromkeys(str(proposal.identity) for proposal in bundle.proposals))
    message = f"the owners of objects that are not here have something to apply too: {names}; kgen render prints it"
    return [Result(message, INFO, "for-owners")]
