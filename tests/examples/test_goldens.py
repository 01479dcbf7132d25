"""What each example comes to, one golden an object; variants only where they differ from the canonical rendering.

`make goldens` writes them anew: read the diff as you would review the manifests.
"""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from kgen.bundle.emit_yaml import emit
from tests.examples.golden import SNAPSHOTS, ObjectExtension
from tests.examples.rendering import EXAMPLES, ROOT, bundle, commands

KAGENT_0_9 = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nspec: {kagent: {version: '0.9'}}\n"


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the READMEs' commands are run; file names stand in no object."""
    monkeypatch.chdir(ROOT)


def objects(words: list[str]) -> dict[str, str]:
    """The objects of a rendering by the path of their golden."""
    found = {}
    for entry in bundle(words[1:]).entries:
        identity = entry.identity
        place = f"{identity.namespace or 'cluster-scoped'}/{identity.kind.lower()}-{identity.name}"
        assert place not in found, "two objects of one kind and name: name the goldens by group"
        found[place] = emit(entry.build())
    return found


def hold(name: str, found: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """Each object is as its golden, and there are no others."""
    for place, text in found.items():
        assert text == snapshot(name=f"{name}/{place}", extension_class=ObjectExtension), place
    files = {str(file.relative_to(SNAPSHOTS / name)) for file in (SNAPSHOTS / name).rglob("*.yaml")}
    stale = files - {f"{place}.yaml" for place in found}
    if snapshot.update_snapshots:
        for file in stale:
            (SNAPSHOTS / name / file).unlink()
    else:
        assert not stale


# The same as 13 in another mode: a golden of what that changes.
AMBIENT = "14-zero-trust-ambient"
WHOLE = [example for example in EXAMPLES if example.name != AMBIENT]


@pytest.mark.parametrize("example", WHOLE, ids=lambda example: example.name)
def test_its_canonical_rendering(example: Path, snapshot: SnapshotAssertion) -> None:
    hold(example.name, objects(commands(example)[0]), snapshot)


@pytest.mark.parametrize("name, overlay", [("04-many-teams", "production"), ("07-adoption", "enforce")])
def test_what_an_overlay_changes(name: str, overlay: str, snapshot: SnapshotAssertion) -> None:
    [example] = [example for example in EXAMPLES if example.name == name]
    [changing] = [
        words for words in commands(example) if words[-2:] == ["--overlay", f"examples/{name}/overlays/{overlay}"]
    ]
    hold(f"{name}.{overlay}", _changed(objects(commands(example)[0]), objects(changing)), snapshot)


def test_what_ambient_mode_changes_of_zero_trust(snapshot: SnapshotAssertion) -> None:
    [sidecar, ambient] = [each for each in EXAMPLES if each.name in ("13-zero-trust-sidecar", AMBIENT)]
    hold(AMBIENT, _changed(objects(commands(sidecar)[0]), objects(commands(ambient)[0])), snapshot)


@pytest.mark.parametrize("overlay", ["agent", "namespace", "shared"])
def test_what_a_scope_changes_for_egress_gateways(overlay: str, snapshot: SnapshotAssertion) -> None:
    [example] = [folder for folder in EXAMPLES if folder.name.endswith("egress-gateway")]
    [scoped] = [words for words in commands(example) if words[-1].endswith(f"/{overlay}")]
    hold(f"{example.name}.{overlay}", _changed(objects(commands(example)[0]), objects(scoped)), snapshot)


def test_what_rossoctl_changes_for_verified_cards(snapshot: SnapshotAssertion) -> None:
    [example] = [each for each in EXAMPLES if each.name == "16-verified-cards"]
    canonical, rossoctl = commands(example)
    changed = _changed(objects(canonical), objects(rossoctl))
    # Of admission only the name of the Platform is another, and the operator's among the trusted writers.
    own = {place: text for place, text in changed.items() if "/validatingadmission" not in place}
    hold(f"{example.name}.rossoctl", {k: text for k, text in own.items() if "configmap-admission" not in k}, snapshot)


@pytest.mark.parametrize("example", EXAMPLES[1:3], ids=lambda example: example.name)
def test_what_kagent_0_9_changes(example: Path, snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "platform.yaml").write_text(KAGENT_0_9)
    words = commands(example)[0]
    base = objects(words)
    changed = _changed(base, objects([*words, "--overlay", str(overlay)]))
    hold(f"{example.name}.kagent-0.9", changed, snapshot)


def _changed(base: dict[str, str], variant: dict[str, str]) -> dict[str, str]:
    """The objects of a variant that are new or different; what is gone stands empty."""
    gone = {place: "" for place in base if place not in variant}
    return gone | {place: text for place, text in variant.items() if base.get(place) != text}
