"""What stays possible, or is left to somebody else, said at every run."""

from collections.abc import Iterator

from kgen.results import INFO, WARNING, Result
from kgen.topology.admission import enabled
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.types import EXTERNAL


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    agents = [key for key in draft.ends if draft.is_agent(key)]
    if agents and spec["profile"] == "Baseline":
        kagent = spec["kagent"]
        locked = enabled(spec) and spec["admission"]["locks"]["controllerWrites"] == "Cluster"
        message = (
            f"every agent has to reach the kagent controller ({kagent['namespace']}:8083), and whoever reaches it "
            f"can call any agent{'' if locked else ' and write Agents'} there: no network policy can tell these calls "
            "apart. This stays open at profile Baseline"
        )
        yield about(draft.platform, "residual-8083", "spec.profile", message, WARNING)
        if kagent["authMode"] == "TrustedProxy":
            message = "TrustedProxy does not verify the tokens it is given: it keeps nobody out who reaches port 8083"
            yield about(draft.platform, "auth-mode", "spec.kagent.authMode", message, INFO)
    for key, end in draft.ends.items():
        endpoint, mention = draft.endpoints[key], end.mentions[0]
        if endpoint.presence == EXTERNAL:
            pods = ", ".join(f"{k}={v}" for k, v in (endpoint.pod_selector.get("matchLabels") or {}).items())
            message = (
                f"{endpoint.kind} {'/'.join(key)} is external: kgen only selects its pods ({pods or 'by expression'}); "
                "give its manifest as input, or `define` it, to have it wired"
            )
            yield about(mention.document, "external", mention.field, message, INFO)
