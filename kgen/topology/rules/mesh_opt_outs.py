"""No agent opts out of the mesh: without its proxy nothing of the mesh layer holds for its pods.

Labels and annotations of the pod, as Istio reads them (istio.io, Resource Annotations and Labels). Those that leave out
ports are refused where they name the agent's own, or say which ones alone are taken.
"""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import Result
from kgen.runtimes import kagent
from kgen.runtimes.shapes import labels
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.types import DEFINED

_OUT = {"sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none"}
_PORTS_OUT = "traffic.sidecar.istio.io/excludeInboundPorts"
_PORTS_IN = "traffic.sidecar.istio.io/includeInboundPorts"
_TEMPLATE = ("spec", "template", "metadata")


def check(draft: Draft) -> Iterator[Result]:
    if not draft.mesh.active:
        return
    for key, end in draft.ends.items():
        endpoint = draft.endpoints[key]
        if not draft.standing[key[0]].enforced:
            continue
        if endpoint.presence == DEFINED:
            mention = end.says("define")
            document, path = mention.document, f"{mention.field}.define"
            given = {"labels": labels(mention.facts["define"].get("labels")), "annotations": {}}
        elif end.manifest:
            document, manifest = end.manifest, end.manifest.manifest
            is_agent = draft.is_agent(key)
            section = kagent.deployment_of(manifest) if is_agent else get(manifest, *_TEMPLATE, default={})
            byo = "byo" if kagent.is_byo(manifest) else "declarative"
            path = f"spec.{byo}.deployment" if is_agent else ".".join(_TEMPLATE)
            given = {name: labels(get(section, name)) for name in ("labels", "annotations")}
        else:
            continue
        for where, values in given.items():
            for name, value in values.items():
                why = _why(name, value, str(endpoint.port))
                if why:
                    field = f'{path}.{where}["{name}"]'
                    message = f"found {value}, by which {'/'.join(key)} {why}: remove it"
                    yield about(document, "mesh-opt-out", field, message)


def _why(name: str, value: str, port: str) -> str:
    if _OUT.get(name) == value:
        return "leaves the mesh, and no policy of the mesh holds for its pods"
    ports = [each.strip() for each in value.split(",")]
    around = name == _PORTS_OUT and port in ports
    around |= name == _PORTS_IN and "*" not in ports and port not in ports
    return f"takes calls on port {port} around its proxy" if around else ""
