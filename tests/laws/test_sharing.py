"""Objects share values, and no change of one shows in another: patched, merged and written as if each had its own."""

from typing import Any

from hypothesis import given

import kgen
from kgen.bundle.emit_yaml import emit
from kgen.load.platform import resolve
from kgen.manifests import Document, Origin
from kgen.patch.json_patches import read
from kgen.shared import Shared, own
from tests.laws.rendering import LAYERS, bundle, sources
from tests.laws.topologies import Case, cases


@given(cases())
def test_every_object_is_written_as_its_copy(case: Case) -> None:
    made = bundle(case)
    for _ in range(2):
        for entry in made.entries:
            assert emit(entry.build()) == emit(own(entry.build()))


def _paths(value: Any, at: str = "") -> list[str]:
    """JSON pointers to every mapping of more than one object, and into it."""
    found: list[str] = []
    if isinstance(value, dict):
        if isinstance(value, Shared) and not at.startswith("/metadata"):
            found.append(at)
        for key, item in value.items():
            found += _paths(item, f"{at}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            found += _paths(item, f"{at}/{position}")
    return found


@given(cases())
def test_a_patch_inside_a_shared_value_changes_one_object_at_one_place(case: Case) -> None:
    made = bundle(case)
    before = [own(entry.build()) for entry in made.entries]
    for entry in made.entries:
        for path in _paths(entry.build())[:3]:
            identity = entry.identity
            target = {"kind": identity.kind, "name": identity.name, "namespace": identity.namespace}
            add = {"op": "add", "path": f"{path}/patched", "value": True}
            [patch] = read([{"target": {k: v for k, v in target.items() if v}, "patch": [add]}], "p.yaml")
            patched = patch.apply(entry.build())
            assert emit(patched).count("patched: true") == 1
    assert [own(entry.build()) for entry in made.entries] == before
    assert [emit(entry.build()) for entry in made.entries] == [emit(one) for one in before]


AGENT = """\
{"apiVersion": "kagent.dev/v1alpha2", "kind": "Agent", "metadata": {"name": "%s", "namespace": "team-alpha"},
 "spec": {"type": "Declarative", "declarative": {"runtime": "python", "systemMessage": "x", "modelConfig": "m"}}}"""


def test_wired_objects_take_copies_of_what_is_merged_in() -> None:
    """Two agents of the input get the same security contexts; one is patched, and that of the other stays."""
    import json

    agents = [json.loads(AGENT % name) for name in ("one", "two")]
    platform = {"apiVersion": "kgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "p"}}
    platform["spec"] = {"links": {"team-alpha/one": ["team-alpha/two"]}}  # type: ignore[assignment]
    platform["spec"]["namespaces"] = {"team-alpha": {"management": "Owned"}}  # type: ignore[index]
    path = "/spec/declarative/deployment/podSecurityContext/runAsUser"
    target = {"kind": "Agent", "name": "one"}
    patches = read([{"target": target, "patch": [{"op": "replace", "path": path, "value": 7}]}], "p.yaml")
    made = kgen.render(
        [Document(one, Origin("in.yaml", i, 1)) for i, one in enumerate(agents)],
        Document(resolve(Document(platform, Origin("p.yaml")), [], layers=LAYERS), Origin("p.yaml")),
        layers=sources(),
        patches=patches,
        as_of="2026-06-15",
    )
    built = {entry.identity.name: entry.build() for entry in made.entries if entry.identity.kind == "Agent"}
    users = {name: one["spec"]["declarative"]["deployment"]["podSecurityContext"] for name, one in built.items()}
    assert users["one"]["runAsUser"] == 7
    assert users["two"]["runAsUser"] != 7
    assert {context["runAsGroup"] for context in users.values()} == {users["two"]["runAsUser"]}
