"""What a mesh has to be for the mesh layer to enforce anything; else the layer is refused with the reason."""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.mesh import SIDECAR


def check(draft: Draft) -> Iterator[Result]:
    if not draft.mesh.active:
        return
    spec = draft.platform.manifest["spec"]
    given = spec["mesh"]
    why = f"profile {spec['profile']}" if spec["profile"] != "Baseline" else "the mesh layer"
    if not draft.mesh.mode:
        message = f"is missing: {why} needs to know the data plane; set it to Sidecar, with istioCNI, or to Ambient"
        yield about(draft.platform, "mesh-mode", "spec.mesh.mode", message)
    if not given["kagentInMesh"] and any(draft.is_agent(key) for key in draft.ends):
        message = (
            f"is false, but {why} guards port 8083 of the kagent controller, which only a proxy in front of it can: "
            f"bring namespace {spec['kagent']['namespace']} into the mesh and set it to true"
        )
        yield about(draft.platform, "kagent-in-mesh", "spec.mesh.kagentInMesh", message)
    if draft.mesh.mode == SIDECAR and not given["istioCNI"]:
        for namespace, standing in sorted(draft.standing.items()):
            level = get(spec, "namespaces", namespace, "podSecurity", "enforce", default="restricted")
            if standing.management == "Owned" and standing.enforced and level != "privileged":
                message = (
                    f"is false, but {namespace} enforces Pod Security {level}, which refuses the sidecar's init "
                    "container (NET_ADMIN): install the Istio CNI and set it to true, or use mode Ambient"
                )
                yield about(draft.platform, "istio-cni", "spec.mesh.istioCNI", message)
                break
    for name, client in sorted(spec["kagent"]["clients"].items()):
        if not client.get("serviceAccountName"):
            field = f'spec.kagent.clients["{name}"].serviceAccountName'
            message = "is missing: in the mesh a client of the controller is let in by its ServiceAccount; set it"
            yield about(draft.platform, "client-account", field, message)
    for name, flow in sorted(spec["network"]["infrastructure"].items()):
        if flow["direction"] == "Ingress" and flow.get("cidr"):
            message = (
                "comes from addresses, which have no identity in a mesh with mutual TLS: let it in by a gateway that "
                "is in the mesh, and name that as peer"
            )
            yield about(draft.platform, "infrastructure", f'spec.network.infrastructure["{name}"].cidr', message)
