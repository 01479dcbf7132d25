"""Requests to the API server, and what has to become of them: one table for both engines.

`rule` is the name that begins the refusal's message, "" where the request is admitted. `warned`: it is admitted, with
that message as a warning.
"""

from typing import Any, NamedTuple

from tests.clients.admission.world import ALPHA, ANN, ARGO, BETA, ELSEWHERE, KAGENT, OPERATOR, SHARED, WATCHED

Manifest = dict[str, Any]
COLLECTOR = "system:serviceaccount:kube-system:generic-garbage-collector"
NUDGE = f"system:serviceaccount:{ALPHA}:kgen-nudge"
REPLICAS = "system:serviceaccount:kube-system:replicaset-controller"
ROLLOUTS = "system:serviceaccount:kube-system:deployment-controller"
ESCALATION = {"securityContext": {"allowPrivilegeEscalation": False}}
PRIVILEGED = {"securityContext": {"privileged": True}}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
ORCHESTRATOR = {"app": "kagent", "kagent": "orchestrator"}


class Case(NamedTuple):
    """One request. `old` is what is there before: then it is an UPDATE, or with `object` None a DELETE."""

    name: str
    rule: str
    user: str
    object: Manifest | None
    old: Manifest | None = None
    warned: bool = False
    also: str = ""  # another rule that refuses it; the API server names only one of them

    @property
    def operation(self) -> str:
        return "CREATE" if self.old is None else "DELETE" if self.object is None else "UPDATE"

    @property
    def subject(self) -> Manifest:
        found = self.object or self.old
        assert found
        return found


def agent(
    namespace: str, name: str, *callees: str, kind: str = "Agent", spec: Any = None, **deployment: Any
) -> Manifest:
    """A declarative Agent with agents as tools: `namespace/name`, or `name` for one of its own namespace."""
    tools = []
    for callee in callees:
        space, _, other = callee.rpartition("/")
        reference = {"kind": "Agent", "apiGroup": "kagent.dev", "name": other}
        tools.append({"type": "Agent", "agent": {**reference, **({"namespace": space} if space else {})}})
    declarative: Manifest = {"runtime": "python", "systemMessage": "Do.", "modelConfig": "default-model"}
    if tools:
        declarative["tools"] = tools
    if deployment:
        declarative["deployment"] = deployment
    return {
        "apiVersion": "kagent.dev/v1alpha2",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "Declarative", "description": "Does.", "declarative": declarative, **(spec or {})},
    }


def having(manifest: Manifest, **metadata: Any) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}


def owned_by_agent(manifest: Manifest) -> Manifest:
    owner = {
        "apiVersion": "kagent.dev/v1alpha2",
        "kind": "Agent",
        "name": "orchestrator",
        "uid": "1",
        "controller": True,
    }
    return having(manifest, ownerReferences=[owner])


def consent(**allowed: Any) -> Manifest:
    return {"allowedNamespaces": allowed}


def secret(namespace: str, name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "type": "Opaque"}


def template(labels: Any = None, account: str = "default", annotations: Any = None, image: str = "i:1") -> Manifest:
    container = {"name": "c", "image": image, "securityContext": RESTRICTED}
    spec = {"serviceAccountName": account, "automountServiceAccountToken": False, "containers": [container]}
    return {"metadata": {"labels": labels or {}, "annotations": annotations or {}}, "spec": spec}


def pod(namespace: str, name: str, *args: Any, **kwargs: Any) -> Manifest:
    made = template(*args, **kwargs)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        **made,
        "metadata": {**made["metadata"], "name": name, "namespace": namespace},
    }


def workload(kind: str, namespace: str, labels: Manifest, account: str = "default") -> Manifest:
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template(labels, account)}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "w", "namespace": namespace}, "spec": spec}


def labelled(manifest: Manifest, labels: Manifest, image: str = "i:1") -> Manifest:
    """A workload with other labels on its pods."""
    made = template(labels, manifest["spec"]["template"]["spec"]["serviceAccountName"], image=image)
    return {**manifest, "spec": {**manifest["spec"], "template": made}}


def cron_job(namespace: str, account: str) -> Manifest:
    made = template(None, account)
    made["spec"]["restartPolicy"] = "Never"
    spec = {"schedule": "@daily", "jobTemplate": {"spec": {"template": made}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "c", "namespace": namespace},
        "spec": spec,
    }


def space(name: str, **labels: str) -> Manifest:
    """A Namespace as kgen leaves it in these tests, changed."""
    kept = {"kubernetes.io/metadata.name": name, "pod-security.kubernetes.io/enforce": "restricted", **labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": kept}}


def role(namespace: str, **rule: list[str]) -> Manifest:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], **rule}
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}
    return {**head, "metadata": {"name": "r", "namespace": namespace}, "rules": [rule]}


def binding(namespace: str, to: str, subject: Manifest) -> Manifest:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": "b", **({"namespace": namespace} if namespace else {})},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": to},
        "subjects": [subject if subject["kind"] == "ServiceAccount" else {"apiGroup": group, **subject}],
    }


def account(namespace: str, name: str) -> Manifest:
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


BYO = {"type": "BYO", "byo": {"deployment": {"image": "i:1", **PRIVILEGED}}}
LEGACY = {
    "apiVersion": "kagent.dev/v1alpha1",
    "kind": "Agent",
    "metadata": {"name": "old", "namespace": ELSEWHERE},
    "spec": {"description": "Does.", "systemMessage": "Do.", "modelConfig": "m"},
}
MODEL = {
    "apiVersion": "kagent.dev/v1alpha2",
    "kind": "ModelConfig",
    "metadata": {"name": "m", "namespace": ELSEWHERE},
    "spec": {"model": "x", "provider": "OpenAI"},
}
SANDBOXED = agent(ALPHA, "orchestrator", f"{BETA}/specialist")
SANDBOXED["spec"]["declarative"]["tools"][0]["agent"]["kind"] = "SandboxAgent"
DECLARED = agent(ALPHA, "orchestrator", f"{BETA}/specialist")
KEPT = having(agent(ALPHA, "kept"), labels={"a": "1"}, finalizers=["kgen.dev/test"])
OTHERS, OWN = secret(ELSEWHERE, "others"), owned_by_agent(secret(ELSEWHERE, "own"))
RUNNING = pod(ALPHA, "running", ORCHESTRATOR)
PLAIN = pod(ALPHA, "plain", {"a": "1"})
VERDICT = {"agent.kagenti.dev/signature-verified": "true"}
STORE = having(workload("StatefulSet", ALPHA, {"app": "storefront"}, "storefront"), name="store")
VERIFIED_STORE = labelled(STORE, {"app": "storefront", **VERDICT})
LASTING = having(VERIFIED_STORE, name="lasting")
WEB, VERIFIED_WEB = pod(ALPHA, "web", {"app": "web"}), pod(ALPHA, "verified", {"app": "web", **VERDICT})
CHATTING = {"kind": "Group", "name": "administrators"}

CASES = (
    # agents: who writes them
    Case("a trusted writer applies a declared agent", "", ARGO, DECLARED),
    Case("somebody else does not", "agent-writer", ANN, agent(ALPHA, "orchestrator")),
    Case("nor an agent under another name", "agent-writer", ANN, agent(ALPHA, "rogue")),
    Case("nor a governed one of a shared namespace", "agent-writer", ANN, agent(SHARED, "helper")),
    Case("other agents of a shared namespace are others' matter", "", ANN, agent(SHARED, "third")),
    Case("but not under an agent's account", "agent-account", ANN, agent(SHARED, "third", serviceAccountName="helper")),
    Case("the collector takes a finalizer off", "", COLLECTOR, having(KEPT, finalizers=[]), KEPT),
    Case("a changed label is a change", "agent-writer", ANN, having(KEPT, labels={"a": "2"}), KEPT),
    Case("so is a changed spec", "agent-writer", ANN, {**KEPT, "spec": agent(ALPHA, "x", "y")["spec"]}, KEPT),
    # agents: the nudge of the layer secrets
    Case("the nudge sets its label", "", NUDGE, having(KEPT, labels={"a": "1", "kgen.dev/nudged": "1"}), KEPT),
    Case("and no other one", "agent-writer", NUDGE, having(KEPT, labels={"a": "2", "kgen.dev/nudged": "1"}), KEPT),
    Case("nor takes one off", "agent-writer", NUDGE, having(KEPT, labels={"kgen.dev/nudged": "1"}), KEPT),
    Case("nor changes a spec", "agent-writer", NUDGE, {**KEPT, "spec": agent(ALPHA, "x", "y")["spec"]}, KEPT),
    Case("nor makes an agent", "agent-writer", NUDGE, agent(ALPHA, "rogue")),
    Case(
        "nor does that of another namespace",
        "agent-writer",
        NUDGE.replace(ALPHA, BETA),
        having(KEPT, labels={"a": "1", "kgen.dev/nudged": "1"}),
        KEPT,
    ),
    # agents: whom they refer to
    Case(
        "to a callee of somebody else's link",
        "agent-reference",
        ARGO,
        agent(ALPHA, "other", f"{BETA}/specialist"),
        also="agent-caller",
    ),
    Case(
        "to an agent that no link names",
        "agent-reference",
        ARGO,
        agent(ALPHA, "orchestrator", f"{BETA}/other"),
        also="agent-caller",
    ),
    Case("to a neighbour without a link", "agent-reference", ARGO, agent(ALPHA, "orchestrator", "other")),
    Case(
        "one reference too many", "agent-reference", ARGO, agent(ALPHA, "orchestrator", f"{BETA}/specialist", "other")
    ),
    Case("out of the managed namespaces", "agent-reference", ARGO, agent(ALPHA, "orchestrator", f"{ELSEWHERE}/x")),
    Case("to a sandbox of the callee's name", "agent-reference", ARGO, SANDBOXED, also="agent-caller"),
    Case(
        "as a sandbox of the caller's name",
        "agent-reference",
        ARGO,
        agent(ALPHA, "orchestrator", f"{BETA}/specialist", kind="SandboxAgent"),
        also="agent-caller",
    ),
    Case("from an unmanaged namespace", "agent-caller", ANN, agent(ELSEWHERE, "x", f"{BETA}/specialist")),
    Case(
        "under the caller's name, elsewhere",
        "agent-caller",
        ANN,
        agent(ELSEWHERE, "orchestrator", f"{BETA}/specialist"),
    ),
    Case("from elsewhere to a governed one", "agent-caller", ANN, agent(ELSEWHERE, "x", f"{SHARED}/helper")),
    Case("from elsewhere to one that nobody governs", "", ANN, agent(ELSEWHERE, "x", f"{SHARED}/third")),
    Case("among the unmanaged", "", ANN, agent(ELSEWHERE, "x", f"{ELSEWHERE}/y", "z")),
    Case("from a neighbour to a governed one", "agent-reference", ANN, agent(SHARED, "third", "helper")),
    Case("among neighbours of a shared namespace", "", ANN, agent(SHARED, "third", "fourth")),
    # agents: whom they let in, and what they run as
    Case("every namespace let in", "agent-consent", ARGO, agent(ALPHA, "a", spec=consent(**{"from": "All"}))),
    Case(
        "an empty selector",
        "agent-consent",
        ARGO,
        agent(ALPHA, "a", spec=consent(**{"from": "Selector", "selector": {}})),
    ),
    Case(
        "a named namespace",
        "",
        ARGO,
        agent(
            ALPHA,
            "a",
            spec=consent(**{"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": BETA}}}),
        ),
    ),
    Case("privileged", "agent-privileged", ARGO, agent(ALPHA, "a", **PRIVILEGED)),
    Case(
        "a privileged container beside it",
        "agent-privileged",
        ARGO,
        agent(ALPHA, "a", extraContainers=[{"name": "x", "image": "i:1", **PRIVILEGED}]),
    ),
    Case(
        "a path of the node",
        "agent-privileged",
        ARGO,
        agent(ALPHA, "a", volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
    ),
    Case("skills make it so", "agent-privileged", ARGO, agent(ALPHA, "a", spec={"skills": {"refs": ["i:1"]}})),
    Case(
        "unless escalation is forbidden", "", ARGO, agent(ALPHA, "a", spec={"skills": {"refs": ["i:1"]}}, **ESCALATION)
    ),
    Case(
        "an image of one's own",
        "agent-privileged",
        ARGO,
        {**agent(ALPHA, "a"), "spec": {"description": "Does.", **BYO}},
    ),
    Case("a label under which a pod never starts", "agent-labels", ARGO, agent(ALPHA, "a", labels={"kagent": "b"})),
    Case("other labels", "", ARGO, agent(ALPHA, "a", labels={"tier": "b"})),
    Case("only watched", "agent-consent", ANN, agent(WATCHED, "a", spec=consent(**{"from": "All"})), warned=True),
    # locks
    Case("the controller makes an agent", "controller-writes", KAGENT, agent(ELSEWHERE, "made")),
    Case("the controller changes an agent", "controller-writes", KAGENT, having(KEPT, labels={}), KEPT),
    Case("the controller deletes an agent", "controller-writes", KAGENT, None, KEPT),
    Case("the controller makes a model", "controller-writes", KAGENT, MODEL),
    Case("where it is only watched", "controller-writes", KAGENT, agent(WATCHED, "scout"), warned=True),
    Case("somebody makes a model", "", ANN, MODEL),
    Case("the controller makes a Secret for a model", "takeovers", KAGENT, secret(ELSEWHERE, "key")),
    Case("the controller makes an agent's Secret", "", KAGENT, owned_by_agent(secret(ELSEWHERE, "orchestrator"))),
    Case("the controller takes a Secret over", "takeovers", KAGENT, owned_by_agent(OTHERS), OTHERS),
    Case("the controller gives a Secret away", "takeovers", KAGENT, having(OWN, ownerReferences=[]), OWN),
    Case("the controller writes its own Secret", "", KAGENT, {**OWN, "stringData": {"a": "b"}}, OWN),
    Case("the controller deletes somebody's Secret", "takeovers", KAGENT, None, OTHERS),
    Case("the controller deletes its own Secret", "", KAGENT, None, OWN),
    Case("somebody makes a Secret", "", ANN, secret(ELSEWHERE, "mine")),
    Case("an Agent that breaks the controller", "legacy-agents", ANN, LEGACY),
    # what makes a pod an agent's
    Case("forged labels on a pod", "agent-identity", ANN, pod(ALPHA, "p", ORCHESTRATOR)),
    Case("on a bare pod, nobody may", "agent-identity", ARGO, pod(ALPHA, "p", ORCHESTRATOR)),
    Case("forged labels of an agent that is not there", "agent-identity", ANN, pod(ALPHA, "p", {"kagent": "x"})),
    Case("forged labels of a workload agent", "agent-identity", ANN, pod(ALPHA, "p", {"app": "storefront", "b": "c"})),
    Case(
        "forged labels in a shared namespace",
        "agent-identity",
        ANN,
        pod(SHARED, "p", {"app": "kagent", "kagent": "helper"}),
    ),
    Case("a reserved label", "agent-identity", ANN, pod(ALPHA, "p", {"kgen.dev/verified": "true"})),
    Case("the pods that the control plane makes start", "", REPLICAS, pod(ALPHA, "p", ORCHESTRATOR)),
    Case("other pods start too", "", ANN, pod(ALPHA, "p", {"app": "web"})),
    Case("where nothing is managed, labels mean nothing", "", ANN, pod(ELSEWHERE, "p", ORCHESTRATOR)),
    Case("an agent's account", "agent-identity", ANN, pod(ALPHA, "p", None, "orchestrator-sa")),
    Case("an agent's account in a CronJob", "agent-identity", ANN, cron_job(ALPHA, "orchestrator-sa")),
    Case("a CronJob under an account of its own", "", ANN, cron_job(ALPHA, "default")),
    Case("forged labels in a Deployment", "agent-identity", ANN, workload("Deployment", ALPHA, ORCHESTRATOR)),
    Case(
        "kagent's Deployment",
        "",
        KAGENT,
        owned_by_agent(workload("Deployment", ALPHA, ORCHESTRATOR, "orchestrator-sa")),
    ),
    Case("the ReplicaSet of it", "", ROLLOUTS, workload("ReplicaSet", ALPHA, ORCHESTRATOR, "orchestrator-sa")),
    Case(
        "a workload agent by a trusted writer",
        "",
        ARGO,
        workload("StatefulSet", ALPHA, {"app": "storefront"}, "storefront"),
    ),
    Case("out of the mesh by label", "agent-identity", ANN, pod(ALPHA, "p", {"istio.io/dataplane-mode": "none"})),
    Case(
        "by annotation", "agent-identity", ANN, pod(ALPHA, "p", None, annotations={"sidecar.istio.io/inject": "false"})
    ),
    Case("others' pods in a shared namespace", "", ANN, pod(SHARED, "p", {"istio.io/dataplane-mode": "none"})),
    Case("labels put on later", "agent-identity", ANN, pod(ALPHA, "plain", {"a": "1", **ORCHESTRATOR}), PLAIN),
    Case("labels taken off", "agent-identity", ANN, pod(ALPHA, "running", {}), RUNNING),
    Case(
        "another image in an agent's pod",
        "agent-identity",
        ANN,
        pod(ALPHA, "running", ORCHESTRATOR, image="i:2"),
        RUNNING,
    ),
    Case("a note on an agent's pod", "", ANN, pod(ALPHA, "running", ORCHESTRATOR, annotations={"note": "x"}), RUNNING),
    Case("labels where it is only watched", "agent-identity", ANN, pod(WATCHED, "p", {"kagent": "scout"}), warned=True),
    # the verdict of the operator of the layer workload-identity
    Case("the operator's verdict", "", OPERATOR, VERIFIED_STORE, STORE),
    Case("the verdict taken back", "", OPERATOR, having(STORE, name="lasting"), LASTING),
    Case("a workload with its verdict, by a trusted writer", "", ARGO, having(VERIFIED_STORE, name="new")),
    Case("a verdict of one's own", "agent-identity", ANN, pod(ALPHA, "p", VERDICT)),
    Case("of the other flavor", "agent-identity", ANN, pod(BETA, "p", {"agent.rossoctl.dev/signature-verified": "a"})),
    Case("in a shared namespace", "agent-identity", ANN, pod(SHARED, "p", VERDICT)),
    Case("on a running agent", "agent-identity", ANN, pod(ALPHA, "running", {**ORCHESTRATOR, **VERDICT}), RUNNING),
    Case(
        "on a running pod, by the operator too",
        "agent-identity",
        OPERATOR,
        pod(ALPHA, "web", {"app": "web", **VERDICT}),
        WEB,
    ),
    Case("taken off", "agent-identity", ANN, pod(ALPHA, "verified", {"app": "web"}), VERIFIED_WEB),
    Case(
        "another verdict",
        "agent-identity",
        ANN,
        pod(ALPHA, "verified", {"app": "web", **dict.fromkeys(VERDICT, "no")}),
        VERIFIED_WEB,
    ),
    Case(
        "a verdict in a Deployment",
        "agent-identity",
        ANN,
        labelled(workload("Deployment", ALPHA, {"app": "web"}), {"app": "web", **VERDICT}),
    ),
    Case("a verdict where it is only watched", "agent-identity", ANN, pod(WATCHED, "p", VERDICT), warned=True),
    Case("the pods of a verified workload start", "", REPLICAS, pod(ALPHA, "p", {"app": "web", **VERDICT})),
    Case(
        "somebody's own workload, verified, goes on changing",
        "",
        ANN,
        pod(SHARED, "other", {"app": "web", **VERDICT}, image="i:2"),
        pod(SHARED, "other", {"app": "web", **VERDICT}),
    ),
    Case(
        "but an agent's does not",
        "agent-identity",
        ANN,
        labelled(LASTING, {"app": "storefront", **VERDICT}, "i:2"),
        LASTING,
    ),
    Case("where nothing is managed, a verdict means nothing", "", ANN, pod(ELSEWHERE, "p", VERDICT)),
    # namespaces
    Case(
        "Pod Security lowered",
        "namespace-labels",
        ANN,
        space(ALPHA, **{"pod-security.kubernetes.io/enforce": "privileged"}),
        space(ALPHA),
    ),
    Case("out of the mesh", "namespace-labels", ANN, space(ALPHA, **{"istio.io/dataplane-mode": "none"}), space(ALPHA)),
    Case("by a trusted writer", "", ARGO, space(ALPHA, **{"istio-injection": "enabled"}), space(ALPHA)),
    Case("another label", "", ANN, space(ALPHA, **{"cost-center": "7"}), space(ALPHA)),
    # rights
    Case("a wildcard verb", "role-wildcard", ARGO, role(ALPHA, verbs=["*"])),
    Case("a wildcard resource", "role-wildcard", ANN, role(ALPHA, resources=["pods", "*"])),
    Case("a wildcard group", "role-wildcard", ANN, role(ALPHA, apiGroups=["*"])),
    Case("what it needs", "", ANN, role(ALPHA)),
    Case("a wildcard elsewhere", "", ANN, role(SHARED, verbs=["*"])),
    Case(
        "an agent as cluster-admin",
        "agent-rights",
        ANN,
        binding("", "cluster-admin", account(ALPHA, "orchestrator-sa")),
    ),
    Case("of a namespace", "agent-rights", ANN, binding(ELSEWHERE, "cluster-admin", account(ALPHA, "orchestrator-sa"))),
    Case("of a shared namespace", "agent-rights", ANN, binding("", "cluster-admin", account(SHARED, "helper"))),
    Case(
        "by user name",
        "agent-rights",
        ANN,
        binding("", "cluster-admin", {"kind": "User", "name": f"system:serviceaccount:{ALPHA}:orchestrator-sa"}),
    ),
    Case(
        "by group",
        "agent-rights",
        ARGO,
        binding("", "cluster-admin", {"kind": "Group", "name": f"system:serviceaccounts:{BETA}"}),
    ),
    Case("somebody else's account there", "", ANN, binding("", "cluster-admin", account(SHARED, "operator"))),
    Case("people", "", ANN, binding("", "cluster-admin", CHATTING)),
    Case("an agent as viewer", "", ANN, binding(ALPHA, "view", account(ALPHA, "orchestrator-sa"))),
)
