"""Verification as a Job has an image, reaches the API server, and a name that its pods can carry."""

from collections.abc import Iterator

from kgen.results import WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.namespaces import never_owned
from kgen.topology.switches import is_on
from kgen.topology.verification import PREFIX, has_job

_LONGEST_NAME = 63 - len(PREFIX)  # the name of a Job is a label of its pods


def check(draft: Draft) -> Iterator[Result]:
    platform, spec = draft.platform, draft.platform.manifest["spec"]
    if not is_on(spec, "verify"):
        if spec["verify"]["mode"] == "PostSyncJob":
            message = "PostSyncJob makes nothing while the layer is off: set spec.layers: {verify: Enabled}"
            yield about(platform, "verify-off", "spec.verify.mode", message, WARNING)
        return
    if not has_job(spec):
        return
    if not spec["verify"].get("image"):
        message = "PostSyncJob needs an image with a shell, kubectl and curl: write it; kgen chooses none for you"
        yield about(platform, "verify-image", "spec.verify.image", message)
    if not spec["network"]["apiServer"]["cidrs"]:
        message = (
            "verification by PostSyncJob has to reach the API server, which no selector can name: list its addresses, "
            "e.g. [10.0.0.10/32]"
        )
        yield about(platform, "verify-network", "spec.network.apiServer.cidrs", message)
    name, home = platform.manifest["metadata"]["name"], spec["platformNamespace"]
    if len(name) > _LONGEST_NAME:
        message = f"has {len(name)} characters, and the Job of verification leaves it {_LONGEST_NAME}: shorten it"
        yield about(platform, "platform-name", "metadata.name", message)
    whose = never_owned(spec).get(home)
    if whose and not is_on(spec, "admission"):  # which says it itself
        message = (
            f"{home} belongs to {whose}, and kgen would make it its own for the Job, with Pod Security and all: give "
            "the Job its own namespace"
        )
        yield about(platform, "platform-namespace", "spec.platformNamespace", message, proposed="kgen-system")
    if any(namespace == home for namespace, _ in draft.ends):
        message = f"the Job of verification is a stranger to agents, and some live in {home}: give it its own namespace"
        yield about(platform, "platform-namespace", "spec.platformNamespace", message)
