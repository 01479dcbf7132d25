"""In a mesh an agent is its ServiceAccount: each has one, and no two agents share it.

Callers are told apart by nothing else, so whoever shares the account of a caller may call what it may.
"""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about
from kgen.topology.types import EXTERNAL


def check(draft: Draft) -> Iterator[Result]:
    if not draft.mesh.active:
        return
    first: dict[Key, Key] = {}
    for key, endpoint in draft.endpoints.items():
        mention = draft.ends[key].says("serviceAccountName")
        agent = f"{endpoint.kind} {'/'.join(key)}"
        account = endpoint.service_account
        if not account:
            message = (
                f"{agent} is external, and who it is to the mesh is not known: set serviceAccountName to the account "
                "that its pods run as"
            )
            yield about(mention.document, "mesh-identity", mention.field, message)
            continue
        if account == "default":
            remedy = "say as which one it runs" if endpoint.presence == EXTERNAL else "give it one of its own"
            message = (
                f"{agent} runs as the ServiceAccount default, as every pod of {key[0]} does that names none: whoever "
                f"gets a pod there would be it; {remedy}"
            )
            yield about(mention.document, "mesh-identity", mention.field, message)
            continue
        other = first.setdefault((key[0], account), key)
        if other != key:
            message = (
                f"{agent} runs as ServiceAccount {account}, and so does {'/'.join(other)}: the mesh can not tell them "
                "apart; give each its own"
            )
            yield about(mention.document, "mesh-identity", mention.field, message)
        if endpoint.pod_selector.get("matchExpressions"):
            message = (
                f"{agent} is selected by matchExpressions, which Istio's selectors do not have: give it labels of its "
                "own that matchLabels can name"
            )
            yield about(mention.document, "mesh-selector", mention.field, message)
