"""What every layer says of itself."""

import re

import pytest

from kgen.expand import compile_layer
from kgen.load import layers

_BASELINE = {"namespaces": -5, "identity": -4, "network": -4, "secrets": -4, "models": -3, "agents": 0}
LAYERS = {
    **{name: ("Baseline", wave) for name, wave in _BASELINE.items()},
    "mesh": ("Mesh", -4),
    "monitoring": ("Hardened", -2),
    "workload-identity": ("ZeroTrust", -4),
    "certificates": ("ZeroTrust", -4),
    "egress-gateway": ("ZeroTrust", -4),
    "verify": ("Optional", -4),
}
OF_AN_AGENT = ("Deployment", "StatefulSet")  # what `kind: ${agent.kind}` stands for


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_described(name, root):
    layer = compile_layer(layers.shipped(name))
    assert (layer.name, layer.profile, layer.wave) == (name, *LAYERS[name])
    readme = (root / "bases" / name / "README.md").read_text()
    for part in ("**Purpose.**", "**Against.**", "**Emits**", "**Does not.**", "**Requires**"):
        assert part in readme, f"bases/{name}/README.md: {part}"


def test_admission_is_described(root):
    layer = compile_layer(layers.shipped("admission"))
    assert (layer.name, layer.profile, layer.wave) == ("admission", "Hardened", -3)
    readme = (root / "bases/admission/README.md").read_text()
    for part in ("**Purpose.**", "**Against.**", "**Emits**", "**The trade-off", "**Does not.**", "**Requires**"):
        assert part in readme
    assert all(template.controls for template in layer.documents)


def test_the_list_of_layers_is_whole(root):
    rows = re.findall(r"^\| \[(.+?)\]\(\1/\) \| (\w+) \| ", (root / "bases/README.md").read_text(), re.MULTILINE)
    shipped = {name: compile_layer(layers.shipped(name)).profile for name in layers.shipped_names()}
    assert dict(rows) == shipped
    assert len(rows) == len(shipped)


@pytest.mark.parametrize("name", LAYERS)
def test_every_document_serves_a_control_and_its_kind_is_required(name, root):
    layer = compile_layer(layers.shipped(name))
    required = {requirement.kind for requirement in layer.requires}
    for template in layer.documents:
        assert template.controls, template.file
        text = (root / template.file).read_text()
        kinds = [line.removeprefix("kind: ") for line in text.splitlines() if line.startswith("kind: ")]
        kinds = [one for kind in kinds for one in (OF_AN_AGENT if kind == "${agent.kind}" else [kind])]
        kinds = [kind for kind in kinds if not kind.startswith("${")]  # an object of the input, of whatever kind it is
        assert kinds or template.file.endswith("workload.yaml")
        assert set(kinds) <= required, template.file
