"""Manifests of the input that are not as they should be: a refusal or a topology, never a traceback."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings, strategies as st

from kgen.manifests import Manifest
from kgen.results import Refused
from tests.laws.rendering import bundle
from tests.laws.topologies import cases
from tests.topology.build import call, refused
from tests.topology.samples import STORE

JUNK = st.one_of(
    st.none(),
    st.sampled_from([True, 0, -1, 1.5, "", "x", "²", "a:b", [], {}, [[]], [None], [1], ["x"], {"x": 1}, {"x": None}]),
)
KEPT = {"apiVersion", "kind", "metadata"}  # load/ sees to these


def junked(draw: st.DrawFn, value: Any, junk: Any, depth: int = 0) -> Any:
    """A copy in which one place, anywhere below, holds something else."""
    inside = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    choices = [key for key in inside if depth or key not in KEPT]
    if not choices or (depth and draw(st.booleans())):
        return junk
    chosen = draw(st.sampled_from(choices))
    if isinstance(value, dict):
        return {**value, chosen: junked(draw, value[chosen], junk, depth + 1)}
    return [junked(draw, each, junk, depth + 1) if i == chosen else each for i, each in enumerate(value)]


@settings(max_examples=150)
@given(cases(links=1), st.data())
def test_any_shape_of_a_foreign_manifest_ends_in_a_refusal_or_a_topology(case: Any, data: st.DataObject) -> None:
    kinds = ("Agent", "Deployment", "Service", "RemoteMCPServer", "ModelConfig")
    inputs = list(case.inputs)
    for _ in range(3):
        position = data.draw(st.sampled_from([i for i, m in enumerate(inputs) if m["kind"] in kinds]))
        inputs[position] = data.draw(_with_junk(inputs[position]))
    with suppress(Refused):
        bundle(case, [*case.definitions, *case.links, *inputs])


@st.composite
def _with_junk(draw: st.DrawFn, manifest: Manifest) -> Manifest:
    made: Manifest = junked(draw, manifest, draw(JUNK))
    return made


def test_a_workload_without_selector_would_open_its_namespace() -> None:
    bare = STORE.replace("  selector: {matchLabels: {app: store}}\n", "").replace(
        "metadata: {labels: {app: store}}", ""
    )
    [result] = refused(bare + call("shop/store", "beta/writer"))
    assert (result.kind, result.field) == ("Deployment", "spec.selector")
    assert result.message == "is empty: policies for it would select every pod of the namespace; name its own labels"
