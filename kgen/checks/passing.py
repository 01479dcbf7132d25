"""The objects of a bundle under the lints of every render: built once, looked at, handed on, forgotten.

A host iterates over this and writes afterwards: what the lints find is raised when the last object has passed.
"""

from collections.abc import Iterator

from kgen.bundle.types import Bundle, Entry
from kgen.checks import RENDER, Context, External, Subject, begin
from kgen.manifests import Identity, Manifest, Origin
from kgen.results import ERROR, Refused, Result
from kgen.topology.types import EXTERNAL, Topology

MOST_LISTED = 20
"""Names that a note of a render lists; a check lists all."""
_MADE = Origin()


class Passing:
    """Iterate once; `results` then holds the bundle's and the lints' warnings and notes."""

    def __init__(self, bundle: Bundle, names: tuple[str, ...] = RENDER) -> None:
        self.bundle = bundle
        self.results: tuple[Result, ...] = bundle.results
        self._lints = begin(names, context_of(bundle.topology, bundle.beyond)._replace(most_listed=MOST_LISTED))

    def __iter__(self) -> Iterator[tuple[Entry, Manifest]]:
        """Raises Refused at the end where a lint found an error."""
        see = [lint.see for lint in self._lints]
        for entry in self.bundle.entries:
            manifest = entry.build()
            subject = subject_of_entry(entry, manifest)
            for look in see:
                look(subject)
            yield entry, manifest
        found = [result for lint in self._lints for result in lint.results()]
        self.results = (*self.bundle.results, *found)
        if any(result.severity == ERROR for result in found):
            raise Refused(self.results)


def subject_of_entry(entry: Entry, manifest: Manifest) -> Subject:
    """An object of a bundle for the lints. What passes through has no layer, what was merged into has its first."""
    document, instances = entry.document, entry.instances
    return Subject(
        entry.identity, manifest, document.origin if document else _MADE, instances[0].layer if instances else ""
    )


def context_of(topology: Topology, beyond: tuple[Identity, ...] = ()) -> Context:
    """What the topology knows beyond the objects."""
    externals = tuple(
        External(agent.namespace, agent.name, agent.kind, agent.service_account, agent.pod_selector)
        for agent in topology.agents
        if agent.presence == EXTERNAL
    )
    return Context(externals, beyond)
