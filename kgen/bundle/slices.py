"""Slices of a bundle: one namespace, or what has none. Together they are the whole, and nothing is in two."""

from collections.abc import Iterable

from kgen.manifests import Identity
from kgen.records import NamedTuple
from kgen.results import Result


class Slice(NamedTuple):
    """What of a bundle is wanted. Neither field set: the whole."""

    namespace: str = ""
    cluster_scoped: bool = False  # what has no namespace

    def holds(self, identity: Identity) -> bool:
        if self.cluster_scoped:
            return not identity.namespace
        return not self.namespace or identity.namespace == self.namespace


WHOLE = Slice()


def refuse(wanted: Slice, namespaces: Iterable[str]) -> Result | None:
    """The error of a slice that nobody is in: no object, agent or listed namespace of that name.

    A slice of a known namespace may be empty, and so may the one of cluster-scoped objects: nothing there is a fact.
    """
    if not wanted.namespace:
        return None
    known = sorted(set(namespaces) - {""})
    if wanted.namespace in known:
        return None
    import difflib

    near = difflib.get_close_matches(wanted.namespace, known, 1, 0)
    hint = f"the nearest namespace is {near[0]}" if near else "the run has no namespaces at all"
    return Result(
        f"nothing is in namespace {wanted.namespace}: no object, no agent, and the Platform does not list it; {hint}",
        rule="empty-slice",
        namespace=wanted.namespace,
        proposed=near[0] if near else None,
    )
