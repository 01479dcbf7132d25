"""An Agent of the input that nobody names, in a namespace that kgen closes, is cut off: said, with what to write."""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import WARNING, Result
from kgen.runtimes.shapes import text
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.namespaces import Standing


def check(draft: Draft) -> Iterator[Result]:
    if (draft.platform.manifest["spec"]["layers"] or {}).get("network") == "Disabled":
        return
    for (kind, namespace), documents in sorted(draft.inputs.by_namespace.items()):
        standing = draft.standing.get(namespace)
        if kind != "Agent" or not standing or standing.management != "Owned":
            continue
        for document in documents:
            name = text(get(document.manifest, "metadata", "name"))
            if name and (namespace, name) not in draft.ends:
                # An error would keep the run from going through that takes out an agent's last link.
                yield about(document, "unnamed-agent", "metadata.name", _said(namespace, name, standing), WARNING)


def _said(namespace: str, name: str, standing: Standing) -> str:
    closed = "the default-deny" if standing.enforced else "under Enforce the default-deny"
    cuts = "cuts" if standing.enforced else "would cut"
    return (
        f"no link or grant names {namespace}/{name}, so {closed} of {namespace} (Owned) {cuts} it off: no DNS, no "
        "model, no kagent controller, and nobody calls it. If it is meant to run, name it in a link, which opens "
        "nothing to other agents by itself; else take it out:\n"
        "apiVersion: kgen.dev/v1alpha1\n"
        "kind: AgentLink\n"
        "metadata:\n"
        f"  name: {name}\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        f"  from: {name}"
    )
