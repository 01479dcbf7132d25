"""References: every object that another one names is in the bundle, in the input, or said to be expected.

Secrets, ConfigMaps, ServiceAccounts, Namespaces and stores may live in the cluster alone: they are listed
once, in one note. An Agent, a model or a tool server that is nowhere is a warning of its own, because
kagent refuses the object that names it and does not try again when the other one appears.
"""

from collections.abc import Callable, Iterator

from kgen.checks import Context, Subject, problem
from kgen.checks.pods import TEMPLATES, containers, listed, pods
from kgen.manifests import Manifest, Path, get, path_text
from kgen.records import Any
from kgen.results import INFO, WARNING, Result

Key = tuple[str, str, str]  # kind, namespace, name
Reference = tuple[Key, Path]

_ALWAYS_THERE = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_MAKES_SECRET: dict[str, Path] = {
    "ExternalSecret": ("spec", "target", "name"),
    "Certificate": ("spec", "secretName"),
    "SealedSecret": ("spec", "template", "metadata", "name"),
}
_NEVER_RETRIED = ("Agent", "ModelConfig", "RemoteMCPServer", "MCPServer")
_PROVIDERS = frozenset(
    {"Secret", "ConfigMap", "ServiceAccount", "Namespace", "Role", "ClusterRole", "SecretStore", "ClusterSecretStore"}
).union(_NEVER_RETRIED)


class Lint:
    """Keeps what exists and the first place that names each other thing."""

    def __init__(self, context: Context) -> None:
        self._there: set[Key] = {("Namespace", "", name) for name in _ALWAYS_THERE}
        for external in context.externals:
            self._there.add((external.kind, external.namespace, external.name))
            self._there.add(("ServiceAccount", external.namespace, external.service_account))
        self._bundles = {name for _, kind, _, name in context.beyond if kind == "Bundle"}
        for _, kind, namespace, name in context.beyond:
            if kind in _PROVIDERS or kind in _MAKES_SECRET:
                self._there.add(("Secret" if kind in _MAKES_SECRET else kind, namespace, name))
        self._most_listed = context.most_listed
        self._named: dict[Key, tuple[Subject, Path]] = {}
        self._namespaces: set[str] = set()  # of objects seen

    def see(self, subject: Subject) -> None:
        _, kind, namespace, name = subject.identity
        if kind in _PROVIDERS:
            self._there.add((kind, namespace, name))
            if kind == "Agent":
                self._there.add(("ServiceAccount", namespace, name))
                self._there.add(("Secret", namespace, name))
        elif kind in _MAKES_SECRET:
            made = get(subject.manifest, *_MAKES_SECRET[kind])
            self._there.add(("Secret", namespace, made if isinstance(made, str) else name))
        elif kind == "Bundle":  # of trust-manager
            self._there.update(("ConfigMap", place, name) for place in _bundled(subject.manifest))
        if namespace and namespace not in self._namespaces:
            self._namespaces.add(namespace)
            self._keep(("Namespace", "", namespace), ("metadata", "namespace"), subject)
        references = _REFERENCES.get(kind)
        if references is not None:
            for key, path in references(subject.manifest, namespace):
                self._keep(key, path, subject)

    def _keep(self, key: Key, path: Path, subject: Subject) -> None:
        if key not in self._named and key not in self._there and isinstance(key[2], str) and key[2]:
            self._named[key] = (Subject(subject.identity, {}, subject.origin, subject.layer), path)

    def _listed(self, names: list[str]) -> str:
        most = self._most_listed or len(names)
        rest = len(names) - most
        return ", ".join(names[:most]) + (f" and {rest} more (kgen check names all)" if rest > 0 else "")

    def results(self) -> list[Result]:
        found: list[Result] = []
        expected: dict[str, list[str]] = {}
        for (kind, namespace, name), (subject, path) in sorted(self._named.items(), key=lambda item: item[0]):
            if (kind, namespace, name) in self._there or (kind == "ConfigMap" and name in self._bundles):
                continue
            full = f"{namespace}/{name}" if namespace else name
            if kind not in _NEVER_RETRIED:
                expected.setdefault(kind, []).append(full)
                continue
            found.append(
                problem(
                    subject,
                    "reference",
                    f"{kind} {full} is neither in the input nor generated: kagent refuses this object until it is "
                    f"there and does not try again; add its manifest to the input, or apply it first",
                    WARNING,
                    path_text(path),
                )
            )
        if expected:
            text = "; ".join(f"{kind} {self._listed(names)}" for kind, names in expected.items())
            found.append(Result(f"must exist in the cluster: {text}", INFO, "expected"))
        return found


def _bundled(manifest: Manifest) -> Iterator[str]:
    """The namespaces into which a Bundle writes a ConfigMap of its name, where they are named one by one."""
    for one in listed(manifest, "spec", "target", "namespaceSelector", "matchExpressions"):
        if one.get("key") == "kubernetes.io/metadata.name" and one.get("operator") == "In":
            yield from [value for value in one.get("values") or () if isinstance(value, str)]


_NAMING = frozenset({"imagePullSecrets", "volumes", "initContainers", "containers", "env", "envFrom"})


def _of_pods(manifest: Manifest, namespace: str) -> Iterator[Reference]:
    for pod in pods(manifest):
        account = pod.spec.get("serviceAccountName")
        if account and account != "default":
            yield ("ServiceAccount", namespace, account), (*pod.path, "serviceAccountName")
        if _NAMING.isdisjoint(pod.spec):
            continue
        for index, item in enumerate(listed(pod.spec, "imagePullSecrets")):
            yield ("Secret", namespace, item.get("name", "")), (*pod.path, "imagePullSecrets", index, "name")
        for index, volume in enumerate(listed(pod.spec, "volumes")):
            yield from _of_volume(volume, namespace, (*pod.path, "volumes", index))
        for path, container in containers(pod):
            for index, item in enumerate(listed(container, "env")):
                yield from _of_keys(item.get("valueFrom"), namespace, (*path, "env", index, "valueFrom"))
            for index, item in enumerate(listed(container, "envFrom")):
                yield from _of_keys(item, namespace, (*path, "envFrom", index))


def _of_keys(value: Any, namespace: str, path: Path) -> Iterator[Reference]:
    """secretKeyRef and its relatives; optional ones may be missing."""
    if not isinstance(value, dict):
        return
    for field, kind in (
        ("secretKeyRef", "Secret"),
        ("configMapKeyRef", "ConfigMap"),
        ("secretRef", "Secret"),
        ("configMapRef", "ConfigMap"),
    ):
        reference = value.get(field)
        if isinstance(reference, dict) and not reference.get("optional"):
            yield (kind, namespace, reference.get("name", "")), (*path, field, "name")


def _of_volume(volume: dict[str, Any], namespace: str, path: Path) -> Iterator[Reference]:
    secret, config = volume.get("secret"), volume.get("configMap")
    if isinstance(secret, dict) and not secret.get("optional"):
        yield ("Secret", namespace, secret.get("secretName", "")), (*path, "secret", "secretName")
    if isinstance(config, dict) and not config.get("optional"):
        yield ("ConfigMap", namespace, config.get("name", "")), (*path, "configMap", "name")
    for index, source in enumerate(listed(volume, "projected", "sources")):
        # a projected Secret is called `name`, a Secret volume `secretName`
        named = {
            key: {**value, "secretName": value.get("name")} for key, value in source.items() if isinstance(value, dict)
        }
        yield from _of_volume(named, namespace, (*path, "projected", "sources", index))


def _of_headers(holder: Any, namespace: str, path: Path) -> Iterator[Reference]:
    for index, header in enumerate(listed(holder, "headersFrom")):
        source = header.get("valueFrom")
        if isinstance(source, dict) and source.get("type") in ("Secret", "ConfigMap"):
            yield (source["type"], namespace, source.get("name", "")), (*path, "headersFrom", index, "valueFrom")


def _of_agent(manifest: Manifest, namespace: str) -> Iterator[Reference]:
    yield from _of_pods(manifest, namespace)
    declarative: Path = ("spec", "declarative")
    spec = get(manifest, *declarative)
    if not isinstance(spec, dict):
        return
    if model := spec.get("modelConfig"):
        yield ("ModelConfig", namespace, model), (*declarative, "modelConfig")
    source = spec.get("systemMessageFrom")
    if source and get(source, "type") in ("Secret", "ConfigMap"):
        yield (source["type"], namespace, source.get("name", "")), (*declarative, "systemMessageFrom", "name")
    for index, tool in enumerate(listed(spec, "tools")):
        path: Path = (*declarative, "tools", index)
        yield from _of_headers(tool, namespace, path)
        if tool.get("type") == "Agent":
            agent = tool.get("agent") or {}
            yield ("Agent", get(agent, "namespace") or namespace, get(agent, "name", default="")), (*path, "agent")
        elif tool.get("type") == "McpServer":
            server = tool.get("mcpServer") or {}
            kind = get(server, "kind", default="MCPServer")
            if kind in ("RemoteMCPServer", "MCPServer"):
                place = get(server, "namespace") or namespace
                yield (kind, place, get(server, "name", default="")), (*path, "mcpServer")


def _of_model(manifest: Manifest, namespace: str) -> Iterator[Reference]:
    for path in (("spec", "apiKeySecret"), ("spec", "tls", "caCertSecretRef")):
        if name := get(manifest, *path):
            yield ("Secret", namespace, name), path


def _of_remote_server(manifest: Manifest, namespace: str) -> Iterator[Reference]:
    yield from _of_headers(manifest.get("spec"), namespace, ("spec",))


def _of_server(manifest: Manifest, namespace: str) -> Iterator[Reference]:
    for index, item in enumerate(listed(manifest, "spec", "deployment", "secretRefs")):
        yield ("Secret", namespace, item.get("name", "")), ("spec", "deployment", "secretRefs", index, "name")


def _of_binding(manifest: Manifest, namespace: str) -> Iterator[Reference]:
    role = manifest.get("roleRef") or {}
    kind = get(role, "kind", default="")
    # ClusterRoles that Kubernetes itself brings, e.g. view or system:auth-delegator, are in no input
    if kind == "Role":
        yield ("Role", namespace, get(role, "name", default="")), ("roleRef", "name")
    for index, subject in enumerate(listed(manifest, "subjects")):
        if subject.get("kind") == "ServiceAccount" and subject.get("name") != "default":
            place = subject.get("namespace") or namespace
            yield ("ServiceAccount", place, subject.get("name", "")), ("subjects", index, "name")


def _of_external_secret(manifest: Manifest, namespace: str) -> Iterator[Reference]:
    store = get(manifest, "spec", "secretStoreRef", default={})
    kind = get(store, "kind", default="SecretStore")
    yield (
        (kind, "" if kind == "ClusterSecretStore" else namespace, get(store, "name", default="")),
        (
            "spec",
            "secretStoreRef",
        ),
    )


_REFERENCES: dict[str, Callable[[Manifest, str], Iterator[Reference]]] = {
    "Agent": _of_agent,
    "ModelConfig": _of_model,
    "RemoteMCPServer": _of_remote_server,
    "MCPServer": _of_server,
    "RoleBinding": _of_binding,
    "ClusterRoleBinding": _of_binding,
    "ExternalSecret": _of_external_secret,
}
_REFERENCES |= dict.fromkeys(TEMPLATES, _of_pods)
