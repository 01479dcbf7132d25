"""What External Secrets and the nudge after a rotation do not take."""

from tests.topology.build import link
from tests.topology.refusal import Refusal
from tests.topology.samples import plain

VAULT = "vault: {server: 'https://vault.example', role: kgen, serviceAccountName: kgen-secrets}"
DELEGATES = link("from: alpha/planner\nto: beta/writer\ndelegation: {secretRef: {name: token, key: token}}")
NUDGE = "secrets: {rotationNudge: CronJob, nudge: {image: registry.example/kubectl:1}}"
SERVER = "network: {apiServer: {cidrs: [10.0.0.10/32]}}"


def fetched(settings: str = VAULT) -> str:
    """A Platform that fetches Secrets."""
    return f"secrets: {{provider: ExternalSecrets, {settings}}}"


CASES = (
    Refusal(
        "no vault and no store",
        "store-missing",
        "Platform spec.secrets.vault",
        "provider ExternalSecrets needs a store: write vault, and kgen makes it, or storeRef.name for one that exists",
        DELEGATES,
        "secrets: {provider: ExternalSecrets}",
    ),
    Refusal(
        "vault account of an agent",
        "vault-account",
        "Platform spec.secrets.vault.serviceAccountName",
        "found planner, the ServiceAccount of Agent alpha/planner, which could then log in to the Vault itself: name "
        "one that no agent runs as, such as kgen-secrets",
        DELEGATES,
        fetched(VAULT.replace("kgen-secrets", "planner")),
    ),
    Refusal(
        "vault account named like an agent",
        "vault-account",
        "Platform spec.secrets.vault.serviceAccountName",
        "found keys, the name of Agent alpha/keys: kagent would take the ServiceAccount over and delete it with the "
        "agent; name another, such as kgen-secrets",
        link("from: {namespace: alpha, name: keys, serviceAccountName: other}\nto: beta/writer"),
        fetched(VAULT.replace("kgen-secrets", "keys")),
    ),
    Refusal(
        "external secret not served",
        "store-version",
        "ExternalSecret apiVersion",
        "found external-secrets.io/v1beta1, which External Secrets has not served since 0.17: write "
        "external-secrets.io/v1",
        DELEGATES + plain("ExternalSecret", "token", api_version="external-secrets.io/v1beta1"),
        fetched(),
    ),
    Refusal(
        "secret named like an agent",
        "name-taken",
        "AgentLink spec.delegation.secretRef.name",
        "Secret alpha/planner has the name of an Agent there: kagent would overwrite it with the agent's "
        "configuration; name the Secret differently",
        DELEGATES.replace("name: token", "name: planner"),
        fetched(),
    ),
    Refusal(
        "nudge without image",
        "nudge-image",
        "Platform spec.secrets.nudge",
        "rotationNudge CronJob needs an image with kubectl: write nudge: {image: ...}; kgen chooses none for you",
        DELEGATES,
        f"secrets: {{rotationNudge: CronJob}}\n{SERVER}",
    ),
    Refusal(
        "nudge without api server",
        "nudge-network",
        "Platform spec.network.apiServer.cidrs",
        "rotationNudge CronJob has to reach the API server, which no selector can name: list its addresses, e.g. "
        "[10.0.0.10/32]",
        DELEGATES,
        NUDGE,
    ),
    Refusal(
        "nudge before 1.30",
        "nudge-version",
        "Platform spec.kubernetesVersion",
        "found 1.29, but what holds the nudge to its one label is a ValidatingAdmissionPolicy, which is there from "
        "1.30 on: leave rotationNudge Disabled",
        DELEGATES,
        f'{NUDGE}\n{SERVER}\nkubernetesVersion: "1.29"',
    ),
    Refusal(
        "agent named like the nudge",
        "name-taken",
        "AgentLink spec.to",
        "Agent alpha/kgen-nudge has the name of the ServiceAccount that rotationNudge makes there, and kagent would "
        "take it over: rename the agent",
        link(
            "from: {namespace: alpha, name: planner, define: {description: D., systemMessage: S., "
            "modelConfigRef: {name: m}}}\nto: alpha/kgen-nudge\ndelegation: {secretRef: {name: token, key: token}}"
        ),
        f"{NUDGE}\n{SERVER}",
    ),
)
