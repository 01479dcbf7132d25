"""No agent of a link lives in kagent's own namespace.

There every policy of an agent would stand beside the controller's, and whoever may debug the agent could
read the controller's credentials.
"""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.namespaces import never_owned


def check(draft: Draft) -> Iterator[Result]:
    home = draft.platform.manifest["spec"]["kagent"]["namespace"]
    reserved = never_owned(draft.platform.manifest["spec"])
    for key, end in draft.ends.items():
        mention = end.mentions[0]
        if key[0] == home:
            message = (
                f"{'/'.join(key)} is in kagent's own namespace, next to its controller and credentials: "
                "move the agent to a namespace of its team"
            )
            yield about(mention.document, "agent-in-kagent-namespace", mention.field, message)
        elif key in draft.definitions and key[0] in reserved:
            message = (
                f"{'/'.join(key)} would be made in {key[0]}, which belongs to {reserved[key[0]]}: "
                "define agents in a namespace of their team"
            )
            yield about(mention.document, "reserved-namespace", mention.field, message)
