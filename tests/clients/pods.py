"""The pods that kagent's controller makes from an Agent, so that Pod Security can be asked about them.

kagent 0.9.12 and release/v0.10.x, go/core/internal/controller/translator/agent/{manifest_builder,deployments}.go:
one container `kagent`; the Agent's deployment block gives contexts, volumes, env, extra containers; skills add an
init container under the same security context and, where that does not forbid escalation, make both privileged.
"""

from typing import Any, NamedTuple

Manifest = dict[str, Any]


class ImageUser(NamedTuple):
    """Who an image runs as: the USER of its Dockerfile, and that user's number."""

    user: str
    uid: int


# Dockerfiles of both versions; "full" images carry the tools that skills need (0.10 only)
IMAGE_USERS = {
    ("0.9", "python", False): ImageUser("python", 1001),
    ("0.9", "python", True): ImageUser("python", 1001),
    ("0.9", "go", False): ImageUser("65532:65532", 65532),
    ("0.9", "go", True): ImageUser("65532:65532", 65532),
    ("0.10", "python", False): ImageUser("65532:65532", 65532),
    ("0.10", "python", True): ImageUser("python", 1001),
    ("0.10", "go", False): ImageUser("65532:65532", 65532),
    ("0.10", "go", True): ImageUser("1001:1001", 1001),
}
DEFAULT_RUNTIME = {"0.9": "python", "0.10": "go"}  # the CRDs' own defaults
RESOURCES = {"requests": {"cpu": "100m", "memory": "384Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}


def pod_of(agent: Manifest, version: str, controller: str = "kagent") -> Manifest:
    """The Pod of a kagent.dev/v1alpha2 Agent under a kagent version ("0.9" or "0.10")."""
    name, namespace = agent["metadata"]["name"], agent["metadata"]["namespace"]
    deployment = _deployment(agent)
    owned = {"app": "kagent", "kagent": name}
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/managed-by": "kagent",
        "app.kubernetes.io/part-of": "kagent",
        **deployment.get("labels", {}),
        **owned,
    }
    security = _container_security(agent, deployment)
    token = {"serviceAccountToken": {"audience": "kagent", "expirationSeconds": 3600, "path": "kagent-token"}}
    container = {
        "name": "kagent",
        "image": deployment.get("image") or f"registry.example/kagent/app:{version}",
        "args": deployment.get("args") or ["--host", "0.0.0.0", "--port", "8080", "--filepath", "/config"],
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [*_environment(name, controller), *deployment.get("env", [])],
        "resources": deployment.get("resources") or RESOURCES,
        "readinessProbe": {"httpGet": {"path": "/.well-known/agent-card.json", "port": "http"}},
        "volumeMounts": [
            {"name": "config", "mountPath": "/config"},
            {"name": "kagent-token", "mountPath": "/var/run/secrets/tokens"},
            *deployment.get("volumeMounts", []),
        ],
        **({"securityContext": security} if security else {}),
    }
    initial = [
        {"name": "skills-init", "image": f"registry.example/kagent/skills-init:{version}"}
        | ({"securityContext": security} if security else {})
    ]
    spec = {
        "serviceAccountName": deployment.get("serviceAccountName") or name,
        "containers": [container, *deployment.get("extraContainers", [])],
        "volumes": [
            {"name": "config", "secret": {"secretName": name}},
            {"name": "kagent-token", "projected": {"sources": [token]}},
            *deployment.get("volumes", []),
        ],
    }
    if agent["spec"].get("skills"):
        spec["initContainers"] = initial
    if deployment.get("podSecurityContext"):
        spec["securityContext"] = deployment["podSecurityContext"]
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": labels,
        "annotations": deployment.get("annotations", {}),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def pod_of_template(workload: Manifest) -> Manifest:
    """The Pod of a Deployment or StatefulSet."""
    template = workload["spec"]["template"]
    metadata = {
        **template.get("metadata", {}),
        "name": workload["metadata"]["name"],
        "namespace": workload["metadata"].get("namespace", "default"),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def waypoint_of(gateway: Manifest) -> Manifest:
    """The Deployment that Istio makes of a waypoint's Gateway: what admission and Pod Security look at (istio 1.30,
    files/waypoint.yaml, and its chart with gateways.seccompProfile as bases/mesh/README.md asks for)."""
    name, namespace = gateway["metadata"]["name"], gateway["metadata"]["namespace"]
    named = {"gateway.networking.k8s.io/gateway-name": name}
    labels = {**named, "sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none"}
    labels |= {"gateway.istio.io/managed": "istio.io-mesh-controller", "service.istio.io/canonical-name": name}
    security = {
        "privileged": False,
        "runAsGroup": 1337,
        "runAsUser": 1337,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    token = {"serviceAccountToken": {"audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token"}}
    container = {
        "name": "istio-proxy",
        "image": "registry.example/istio/proxyv2:1.30",
        "args": ["proxy", "waypoint"],
        "securityContext": security,
        "volumeMounts": [{"name": "istio-token", "mountPath": "/var/run/secrets/tokens"}],
    }
    pod = {
        "serviceAccountName": name,
        "containers": [container],
        "volumes": [{"name": "istio-token", "projected": {"sources": [token]}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": named},
        "spec": {
            "selector": {"matchLabels": named},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def image_user(agent: Manifest, version: str) -> ImageUser | None:
    """The user of the image that kagent would run; None for an image of the user's own."""
    declarative = agent["spec"].get("declarative")
    if declarative is None:
        return None
    runtime = declarative.get("runtime") or DEFAULT_RUNTIME[version]
    return IMAGE_USERS[version, runtime, bool(agent["spec"].get("skills"))]


def kubelet_refusal(pod: Manifest, image: ImageUser | None) -> str:
    """Why the kubelet would not start the pod's first container, "" if it would: what admission can not see.

    kubelet/kuberuntime/security_context_others.go: under runAsNonRoot a user is needed that is a number and not 0.
    Of an image of the user's own nothing is known, and so nothing is said.
    """
    of_pod = pod["spec"].get("securityContext") or {}
    context = {**of_pod, **(pod["spec"]["containers"][0].get("securityContext") or {})}
    if not context.get("runAsNonRoot"):
        return ""
    if "runAsUser" in context:
        return "" if context["runAsUser"] else "runAsNonRoot with runAsUser 0"
    if image and not image.user.split(":")[0].isdigit():
        return f"runAsNonRoot, and the image's user {image.user} is not a number"
    return ""


def _deployment(agent: Manifest) -> dict[str, Any]:
    spec = agent["spec"]
    return (spec.get("declarative") or spec.get("byo") or {}).get("deployment") or {}


def _container_security(agent: Manifest, deployment: dict[str, Any]) -> dict[str, Any]:
    """manifest_builder.go:502-518: skills or code execution ask for privileged unless escalation is forbidden."""
    given = dict(deployment.get("securityContext") or {})
    code = (agent["spec"].get("declarative") or {}).get("executeCodeBlocks")
    if (agent["spec"].get("skills") or code) and given.get("allowPrivilegeEscalation") is not False:
        given["privileged"] = True
    return given


def _environment(name: str, controller: str) -> list[dict[str, Any]]:
    namespace = {"fieldRef": {"fieldPath": "metadata.namespace"}}
    return [
        {"name": "KAGENT_NAMESPACE", "valueFrom": namespace},
        {"name": "KAGENT_NAME", "value": name},
        {"name": "KAGENT_URL", "value": f"http://kagent-controller.{controller}:8083"},
    ]
