"""The layers of a run: by profile and switch, and nothing is imported for those that are not chosen."""

import pytest

from kgen.expand import choice, compile_layer
from kgen.expand.choice import chosen, stated_profile
from kgen.load import layers
from tests.expand.build import document

SHIPPED = [layers.shipped(name) for name in layers.shipped_names()]


def names(spec, sources=SHIPPED):
    return {layer.name for layer in chosen(sources, {"layers": {}, **spec})}


def test_a_profile_has_the_layers_of_those_below_it():
    assert "mesh" not in names({"profile": "Baseline"})
    assert names({"profile": "Baseline"}) < names({"profile": "Mesh"})
    assert "mesh" in names({"profile": "Mesh"})


def test_a_layer_is_switched_by_itself():
    assert "mesh" in names({"profile": "Baseline", "layers": {"mesh": "Enabled"}})
    assert "network" not in names({"profile": "Mesh", "layers": {"network": "Disabled"}})


def test_what_is_not_chosen_is_not_imported(monkeypatch):
    imported = []
    monkeypatch.setattr(choice, "compile_layer", lambda source: imported.append(source.name) or compile_layer(source))
    chosen(SHIPPED, {"profile": "Baseline", "layers": {"models": "Disabled"}})
    assert "mesh" not in imported
    assert "models" not in imported
    assert "network" in imported


@pytest.mark.parametrize("layer", SHIPPED, ids=lambda layer: layer.name)
def test_the_profile_is_read_as_the_description_says(layer):
    assert stated_profile(layer) == compile_layer(layer).profile


def test_a_users_own_layer_is_translated_even_where_it_is_switched_off():
    own = document("data:\n  a: x\n")
    assert not own.shipped
    assert names({"profile": "Baseline", "layers": {own.name: "Disabled"}}, [own]) == set()
    assert names({"profile": "Baseline"}, [own]) == {own.name}
