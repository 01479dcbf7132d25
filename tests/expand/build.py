"""Layers made of texts, and what they make of a small topology."""

from textwrap import dedent
from typing import Any

import pytest

from kgen.expand import Layer, compile_layer, instantiate
from kgen.load.layers import LayerSource, digest
from kgen.manifests import Manifest
from kgen.results import Refused, Result
from kgen.topology.types import Topology
from tests.layers.build import agent, link, platform, topology

CALLS = (link("team-alpha/planner", "team-beta/quotes"), link("team-gamma/triage", "team-beta/quotes"))
QUOTES = agent("team-beta/quotes", callers=CALLS)

HEAD = """\
$for: agent
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${agent.name}
  namespace: ${agent.namespace}
"""


def source(files: dict[str, str | bytes] | None = None, *, shipped: bool = False, about: str = "") -> LayerSource:
    """A layer called sample; layer.yaml is made where it is not given."""
    given: dict[str, str | bytes] = {
        "layer.yaml": f"name: sample\npurpose: For tests.\nfrom: Baseline\nwave: 3\n{about}"
    }
    given |= files or {}
    content = {name: dedent(text).encode() if isinstance(text, str) else text for name, text in sorted(given.items())}
    return LayerSource("sample", content, digest(content), shipped, "layers/sample")


def document(body: str, head: str = HEAD) -> LayerSource:
    """A layer of one template, head.yaml's lines before the body (so the body begins on line 7)."""
    return source({"one.yaml": head + dedent(body)})


def objects(layer: Layer | LayerSource, of: Topology | None = None) -> list[Manifest]:
    made = layer if isinstance(layer, Layer) else compile_layer(layer)
    return [one.build() for one in instantiate([made], of or topology(QUOTES))]


def data(body: str, of: Topology | None = None) -> Any:
    """The value of `data` in the object of a template of that body."""
    return objects(document(body), of)[0].get("data")


def refused(layer: LayerSource, of: Topology | None = None) -> list[Result]:
    """What is wrong with a layer, when compiled or when run."""
    with pytest.raises(Refused) as caught:
        objects(layer, of)
    return list(caught.value.results)


def problem(body: str, of: Topology | None = None) -> Result:
    """The one problem of a template of that body."""
    (found,) = refused(document(body), of)
    return found


__all__ = ["CALLS", "HEAD", "QUOTES", "agent", "data", "document", "objects", "platform", "problem", "refused"]
__all__ += ["source", "topology"]
