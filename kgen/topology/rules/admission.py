"""What the layer admission needs of the Platform, and what its lock takes away, said at every run."""

from collections.abc import Iterator

from kgen.manifests import Manifest, get
from kgen.results import ERROR, INFO, WARNING, Result
from kgen.runtimes import kagent
from kgen.runtimes.shapes import mapping
from kgen.topology.admission import managed
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.namespaces import never_owned
from kgen.topology.switches import is_on

USUAL = (
    "system:serviceaccount:argocd:argocd-application-controller for Argo CD, "
    "system:serviceaccount:flux-system:kustomize-controller for Flux, the user name of your pipeline for kubectl"
)
_SINCE = 30  # Kubernetes 1.30: ValidatingAdmissionPolicy is v1
_LONGEST_NAME = 63 - len("kgenguard-")  # names of kinds are DNS labels


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    if not is_on(spec, "admission"):
        return
    given = spec["admission"]
    yield from _writers(draft, given["trustedWriters"])
    home = spec["platformNamespace"]
    if whose := never_owned(spec).get(home):
        message = (
            f"{home} belongs to {whose}, and kgen would make it its own, with Pod Security and all, to keep there what "
            "admission decides by: give the parameters their own namespace"
        )
        yield about(draft.platform, "platform-namespace", "spec.platformNamespace", message, proposed="kgen-system")
    if any(namespace == home for namespace, _ in draft.ends):
        message = (
            f"{home} holds what admission decides by, and agents live in it: give the parameters their own namespace"
        )
        yield about(draft.platform, "platform-namespace", "spec.platformNamespace", message)
    version = spec["kubernetesVersion"]
    if given["engine"] == "ValidatingAdmissionPolicy" and int(version.partition(".")[2]) < _SINCE:
        message = f"ValidatingAdmissionPolicy is v1 since Kubernetes 1.{_SINCE}, and this is {version}: set Gatekeeper"
        yield about(draft.platform, "admission-engine", "spec.admission.engine", message, proposed="Gatekeeper")
    name = draft.platform.manifest["metadata"]["name"]
    if given["engine"] == "Gatekeeper" and len(name) > _LONGEST_NAME:
        message = (
            f"has {len(name)} characters, and Gatekeeper makes a kind of it, for which {_LONGEST_NAME} are left: "
            "shorten it"
        )
        yield about(draft.platform, "platform-name", "metadata.name", message)
    extent = given["locks"]["controllerWrites"]
    if extent != "Disabled":
        where = "" if extent == "Cluster" else " in the managed namespaces"
        message = (
            f"kagent's UI and its API on 8083 only read{where}, because the kagent controller may not write for them; "
            "set Disabled to give that up"
        )
        field = "spec.admission.locks.controllerWrites"
        yield about(draft.platform, "read-only-ui", field, message, INFO)
    yield from _agents_of_the_input(draft)


def _writers(draft: Draft, writers: list[str]) -> Iterator[Result]:
    field = "spec.admission.trustedWriters"
    if not writers:
        message = f"is empty, so nobody could apply an agent: name who does; the usual ones are {USUAL}"
        yield about(draft.platform, "trusted-writers", field, message)
    agents = {
        f"system:serviceaccount:{key[0]}:{endpoint.service_account}": "/".join(key)
        for key, endpoint in draft.endpoints.items()
        if endpoint.service_account
    }
    for position, writer in enumerate(writers):
        place = f"{field}[{position}]"
        if "\n" in writer or "\r" in writer:
            yield about(draft.platform, "trusted-writers", place, "holds a line break: write one user name an item")
        elif why := _matches_nobody(writer):
            yield about(draft.platform, "trusted-writers", place, f"found {writer}, {why}")
        elif writer in agents:
            message = f"is the identity of the agent {agents[writer]}, which could then change any agent: take it out"
            yield about(draft.platform, "trusted-writers", place, message)


def _matches_nobody(writer: str) -> str:
    """Why no request is ever made under this user name; "" where one may be."""
    if "*" in writer:
        return "but names are compared as they are, and * is no wildcard: write each user name"
    if writer.startswith(
        ("system:serviceaccounts", "system:authenticated", "system:masters", "system:unauthenticated")
    ):
        return "which is a group, and writers are known by user name: name the accounts or people that apply"
    if writer.startswith("system:serviceaccount:") and writer.count(":") != 3:
        return "which is no ServiceAccount: write system:serviceaccount:NAMESPACE:NAME"
    return ""


def _agents_of_the_input(draft: Draft) -> Iterator[Result]:
    """Agents that the API server would refuse: better said here than there. Their tools are wired_agents' matter."""
    for (kind, namespace), documents in sorted(draft.inputs.by_namespace.items()):
        standing = draft.standing.get(namespace)
        if kind != "Agent" or not standing or not managed(standing.management):
            continue
        for document in documents:
            if standing.management == "Shared" and (namespace, document.manifest["metadata"]["name"]) not in draft.ends:
                continue
            for field, message in _refused(document.manifest):
                severity = ERROR if standing.enforced else WARNING
                yield about(document, "admission", field, message, severity)


def _refused(agent: Manifest) -> Iterator[tuple[str, str]]:
    consent = mapping(get(agent, "spec", "allowedNamespaces"))
    selector = mapping(consent.get("selector"))
    if consent.get("from") == "All":
        message = "found All, by which every namespace may call it; name the namespaces with Selector, or remove it"
        yield "spec.allowedNamespaces.from", message
    elif consent.get("from") == "Selector" and not (selector.get("matchLabels") or selector.get("matchExpressions")):
        message = "is empty, by which every namespace may call it; name the namespaces"
        yield "spec.allowedNamespaces.selector", message
    section = "byo" if kagent.is_byo(agent) else "declarative"
    if get(kagent.deployment_of(agent), "securityContext", "privileged") is True:
        yield f"spec.{section}.deployment.securityContext.privileged", "is true, which admission refuses: remove it"
