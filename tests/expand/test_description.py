"""layer.yaml is checked to the last field."""

import pytest

from kgen.load.layers import LayerSource
from tests.expand.build import refused, source

GOOD = "name: sample\npurpose: For tests.\nfrom: Baseline\n"


@pytest.mark.parametrize(
    "text, message, proposed",
    [
        (GOOD + "purpos: x\n", "purpos is no field of layer.yaml: there are name, purpose, from, wave,", "purpose"),
        ("purpose: x\nfrom: Baseline\n", "name is missing or no text: the layer's name, that of its folder", None),
        ("name: sample\nfrom: Baseline\n", "purpose is missing or no text: what it is for, in one sentence", None),
        ("name: other\npurpose: x\nfrom: Mesh\n", "name is other, the folder's is sample: make them equal", "sample"),
        ("name: sample\npurpose: x\n", "from is one of Baseline, Mesh, Hardened, ZeroTrust, Optional", None),
        ("name: sample\npurpose: x\nfrom: baseline\n", "from is one of Baseline,", "Baseline"),
        (GOOD + "wave: soon\n", "wave is no whole number: sync wave of its objects", None),
        (GOOD + "wave: true\n", "wave is no whole number", None),
        (GOOD + "requires: v1\n", "requires is no list", None),
        (GOOD + "requires: [{kind: X}]\n", "requires: list of {apiVersion, kind, when}", None),
        (GOOD + "requires: [{apiVersion: v1, kind: X, x: z}]\n", "requires: list of {apiVersion, kind, when}", None),
        (GOOD + "controls: [a]\n", "controls is no mapping: file, or file#2", None),
        (
            GOOD + "controls: {one.yml: [a]}\n",
            "controls: one.yml is no template of the layer, nor one with #2",
            "one.yaml",
        ),
        (GOOD + "controls: {one.yaml: a}\n", "controls: one.yaml is no list of texts", None),
        (GOOD + "documents: one.yaml\n", "documents is no list", None),
        (GOOD + "documents: [on.yaml]\n", "documents: there is no file on.yaml in the folder", "one.yaml"),
        (GOOD + "documents: [one.yaml, one.yaml]\n", "documents names a file twice", None),
        (GOOD + "---\n" + GOOD, "layer.yaml holds one document, a mapping: name, purpose,", None),
        ("- a\n", "layer.yaml holds one document, a mapping", None),
        ("", "layer.yaml holds one document, a mapping", None),
        (GOOD + "wave: 1\nwave: 2\n", "wave", None),
    ],
)
def test_refused(text, message, proposed):
    found = refused(source({"layer.yaml": text, "one.yaml": ""}))
    assert any(message in one.message for one in found)
    assert {one.file for one in found} == {"layers/sample/layer.yaml"}
    assert found[0].line > 0
    assert proposed is None or found[0].proposed == proposed


def test_a_layer_needs_one():
    (found,) = refused(LayerSource("sample", {}, "", False, "layers/sample"))
    assert found.message == "layer sample: the folder has no layer.yaml: a layer needs one, with name, purpose and from"
