"""Every namespace with Agents is watched by the kagent controller, or nothing there is ever reconciled."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]["kagent"]
    watched = spec["watchNamespaces"]
    if spec["rbacMode"] == "Namespaced" and not watched and any(draft.is_agent(key) for key in draft.ends):
        needed = ", ".join(sorted({key[0] for key in draft.ends if draft.is_agent(key)}))
        message = f"is empty, but with rbacMode Namespaced kagent watches only what is listed: list {needed}"
        yield about(draft.platform, "not-watched", "spec.kagent.watchNamespaces", message)
    if not watched:
        return
    told = set()
    for key, end in draft.ends.items():
        if draft.is_agent(key) and key[0] not in watched and key[0] not in told:
            told.add(key[0])
            mention = end.mentions[0]
            message = (
                f"kagent does not watch namespace {key[0]}: add it to spec.kagent.watchNamespaces of the Platform "
                f"(and to the chart's rbac.namespaces); it has {', '.join(watched)}"
            )
            yield about(mention.document, "not-watched", mention.field, message)
