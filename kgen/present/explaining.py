"""Finds one object of a bundle and everything that made it: template, links, and a source for each field."""

from collections.abc import Iterable, Sequence

from kgen.bundle.order import WAVE
from kgen.bundle.types import Bundle, Entry
from kgen.expand.instantiate import Instance
from kgen.expand.scopes import who
from kgen.expand.trace import trace
from kgen.load.layers import LayerSource
from kgen.load.positions import line_in
from kgen.manifests import Document, Identity, Manifest, Origin, path_text
from kgen.present.explanation import Explanation, Field, leaves
from kgen.results import ERROR, Refused, Result
from kgen.topology.types import Agent, Link, Model, Namespace, Topology

_MOST_COMPARED = 2000  # of very many objects, comparing all names would take seconds


def name_of(identity: Identity) -> str:
    """How the command line names an object: NetworkPolicy/team-beta/specialist-ingress, Namespace/team-beta."""
    place = f"{identity.namespace}/" if identity.namespace else ""
    return f"{identity.kind}/{place}{identity.name}"


def find(bundle: Bundle, name: str) -> Entry | Instance:
    """The object of this name, of the bundle or for another owner. Raises Refused with the nearest there is."""
    known: dict[str, Entry | Instance] = {}
    for proposal in bundle.proposals:
        known[name_of(proposal.identity).lower()] = proposal.instance
    for entry in bundle.entries:
        known[name_of(entry.identity).lower()] = entry
    if (found := known.get(name.lower())) is not None:
        return found
    from difflib import get_close_matches

    kind = name.lower().partition("/")[0]
    names = [name_of(thing.identity) for key, thing in known.items() if key.startswith(kind + "/")]
    names = names or [name_of(thing.identity) for thing in known.values()]
    near = get_close_matches(name, names[:_MOST_COMPARED], 1, 0)
    form = (
        "" if name.count("/") in (1, 2) else "; name it as KIND/NAMESPACE/NAME, or KIND/NAME where it has no namespace"
    )
    hint = f"; did you mean {near[0]}?" if near else "; the bundle is empty"
    message = f"there is no object {name} among the {len(known)} of this run{form}{hint}"
    raise Refused([Result(message, ERROR, "no-such-object", current=name, proposed=near[0] if near else None)])


def explain(
    bundle: Bundle,
    name: str,
    layers: Iterable[LayerSource],
    purposes: dict[str, str],
    documents: Sequence[Document],
    sources: dict[str, bytes],
) -> Explanation:
    """The explanation of one object. `documents` are the input, `sources` the content of its files."""
    found = find(bundle, name)
    entry = found if isinstance(found, Entry) else None
    instances = found.instances if isinstance(found, Entry) else (found,)
    named = {document.origin: document for document in documents}
    if entry is not None and entry.document is not None and not instances:
        at = _at(entry.document.origin, named)
        return Explanation(found.identity, "", "", at, "", "passed through", entry.wave, (), (), ())
    folders = {source.name: source for source in layers}
    first = instances[0]
    template = first.template
    traced = {
        instance.layer + field.path: f"{field.file}:{field.line}"
        for instance in instances
        for field in trace(folders[instance.layer], instance.template, instance.scope, instance.platform)
    }
    origins = [origin for instance in instances for origin in _asked_by(instance, bundle.topology)]
    return Explanation(
        found.identity,
        ", ".join(dict.fromkeys(instance.layer for instance in instances)),
        f"{template.file}:{template.line}",
        f"{template.each} {who(first.scope)}",
        purposes[first.layer],
        first.presence,
        entry.wave if entry else first.wave,
        tuple(dict.fromkeys(control for instance in instances for control in instance.template.controls)),
        tuple(dict.fromkeys(_at(origin, named) for origin in origins if origin.file or origin in named)),
        _fields(entry, first, [instance.layer for instance in instances], traced, sources),
    )


def _fields(
    entry: Entry | None, instance: Instance, layers: list[str], traced: dict[str, str], sources: dict[str, bytes]
) -> tuple[Field, ...]:
    built = entry.build() if entry else instance.build()
    unpatched = entry._replace(patches=()).build() if entry and entry.patches else built
    before = dict(leaves(unpatched))
    document = entry.document if entry else None
    given = dict(leaves(document.manifest)) if document else {}
    loose = {_without_positions(path): source for path, source in traced.items()}
    patched = ", ".join(patch.place for patch in entry.patches) if entry else ""
    found = []
    for path, value in leaves(built):
        text = path_text(path)
        if path not in before or before[path] != value:
            source = patched
        elif document and path in given and given[path] == value:
            source = f"{document.origin.file}:{line_in(sources, document.origin, path)}"
        else:
            exact = next((traced[layer + text] for layer in layers if layer + text in traced), "")
            # merged into a list of the input, an item has another position there than in its template
            near = next((loose[key] for layer in layers if (key := _without_positions(layer + text)) in loose), "")
            source = exact or near or ("kgen: the wave" if path[-1] == WAVE else "kgen: how it knows its own objects")
        found.append(Field(path, value, source))
    return tuple(found)


def _without_positions(path: str) -> str:
    return "".join(part.partition("]")[2] if part[:1].isdigit() else "[" + part for part in path.split("["))


def _asked_by(instance: Instance, topology: Topology) -> list[Origin]:
    """Where the input asks for what an object was made for; nothing where it is the Platform alone."""
    scope = instance.scope
    if isinstance(scope, Link):
        return list(scope.origins)
    if isinstance(scope, Agent):
        agents = [scope]
    elif isinstance(scope, Namespace):
        agents = [agent for agent in topology.agents if agent.namespace == scope.name]
    elif isinstance(scope, Model):
        agents = [a for a in topology.agents if (a.namespace, a.model_config) == (scope.namespace, scope.name)]
    else:
        return []
    return [origin for agent in agents for link in (*agent.callers, *agent.callees) for origin in link.origins] + [
        origin for agent in agents for origin in agent.origins
    ]


def _at(origin: Origin, named: dict[Origin, Document]) -> str:
    document = named.get(origin)
    place = f"{origin.file}:{origin.line}" if origin.line else origin.file
    if document is None:
        return place or "the Platform"
    return f"{place}: {_kind_and_name(document.manifest)}" if place else _kind_and_name(document.manifest)


def _kind_and_name(manifest: Manifest) -> str:
    metadata = manifest.get("metadata") or {}
    namespace = metadata.get("namespace")
    return f"{manifest.get('kind')} {namespace + '/' if namespace else ''}{metadata.get('name')}"
