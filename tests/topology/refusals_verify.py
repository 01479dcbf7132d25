"""What verification by a Job does not take."""

from tests.topology.build import call
from tests.topology.refusal import Refusal

LINK = call("alpha/planner", "beta/writer")
SERVER = "network: {apiServer: {cidrs: [10.0.0.10/32]}}"
JOB = "layers: {verify: Enabled}\nverify: {mode: PostSyncJob, image: registry.example/kubectl:1}"
ALONE = "layers: {verify: Enabled}\nverify: {mode: PostSyncJob}"

CASES = (
    Refusal(
        "verify without image",
        "verify-image",
        "Platform spec.verify.image",
        "PostSyncJob needs an image with a shell, kubectl and curl: write it; kgen chooses none for you",
        LINK,
        f"{ALONE}\n{SERVER}",
    ),
    Refusal(
        "verify without the api server",
        "verify-network",
        "Platform spec.network.apiServer.cidrs",
        "verification by PostSyncJob has to reach the API server, which no selector can name: list its addresses, e.g. "
        "[10.0.0.10/32]",
        LINK,
        JOB,
    ),
    Refusal(
        "verify beside agents",
        "platform-namespace",
        "Platform spec.platformNamespace",
        "the Job of verification is a stranger to agents, and some live in beta: give it its own namespace",
        LINK,
        f"platformNamespace: beta\n{JOB}\n{SERVER}",
    ),
    Refusal(
        "verify in a namespace of Kubernetes",
        "platform-namespace",
        "Platform spec.platformNamespace",
        "kube-system belongs to Kubernetes, and kgen would make it its own for the Job, with Pod Security and all: "
        "give the Job its own namespace",
        LINK,
        f"{JOB}\n{SERVER}\nplatformNamespace: kube-system",
    ),
)
