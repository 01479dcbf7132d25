"""The nudge after a rotation has an image, reaches the API server, and is held to its one label."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology import secrets
from kgen.topology.draft import Draft
from kgen.topology.index import about

# ValidatingAdmissionPolicy is v1 since Kubernetes 1.30.
_OLDEST = 30


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    settings = spec["secrets"]
    if settings["rotationNudge"] != "CronJob":
        return
    if not settings.get("nudge"):
        message = (
            "rotationNudge CronJob needs an image with kubectl: write nudge: {image: ...}; kgen chooses none for you"
        )
        yield about(draft.platform, "nudge-image", "spec.secrets.nudge", message)
    if not spec["network"]["apiServer"]["cidrs"]:
        message = (
            "rotationNudge CronJob has to reach the API server, which no selector can name: list its addresses, "
            "e.g. [10.0.0.10/32]"
        )
        yield about(draft.platform, "nudge-network", "spec.network.apiServer.cidrs", message)
    if int(spec["kubernetesVersion"].partition(".")[2]) < _OLDEST:
        message = (
            f"found {spec['kubernetesVersion']}, but what holds the nudge to its one label is a "
            "ValidatingAdmissionPolicy, which is there from 1.30 on: leave rotationNudge Disabled"
        )
        yield about(draft.platform, "nudge-version", "spec.kubernetesVersion", message)
    for namespace in secrets.nudged(draft):
        key = (namespace, secrets.NUDGE_NAME)
        if key in draft.ends and draft.is_agent(key):
            mention = draft.ends[key].mentions[0]
            message = (
                f"Agent {'/'.join(key)} has the name of the ServiceAccount that rotationNudge makes there, and kagent "
                "would take it over: rename the agent"
            )
            yield about(mention.document, "name-taken", mention.field, message)
