"""An overlay is found by name or folder, read strictly, and confined to where it lies."""

from pathlib import Path

import pytest

from kgen.kinds.availability import BASELINE as LAYERS
from kgen.load import overlays, platform
from kgen.manifests import Document, Origin
from kgen.results import Refused

PLATFORM = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: blue}\nspec: {profile: Baseline}\n"
PATCHES = "# why\n- target: {kind: Service}\n  patch: []\n\n- target: {kind: Pod}\n  patch: []\n"
BASELINE = frozenset(LAYERS)
DEBUGGER = {"namespaces": ["a"], "subjects": [{"kind": "Group", "name": "on-call"}]}


@pytest.fixture
def blue(tmp_path: Path) -> Path:
    folder = tmp_path / "blue"
    folder.mkdir()
    (folder / "platform.yaml").write_text(PLATFORM)
    (folder / "patches.yaml").write_text(PATCHES)
    return folder


def refused(folder: Path, **more: str) -> list[str]:
    with pytest.raises(Refused) as error:
        overlays.read(str(folder), **more)
    return [f"{r.file}: {r.message}".replace(str(folder), "blue") for r in error.value.results]


def test_a_folder(blue: Path) -> None:
    overlay = overlays.read(f"{blue}/")
    assert overlay.platform is not None
    assert overlay.platform.manifest["spec"] == {"profile": "Baseline"}
    assert overlay.platform.origin == (f"{blue}/platform.yaml", 0, 1)
    assert [patch["target"]["kind"] for patch in overlay.patches] == ["Service", "Pod"]
    assert (overlay.patches_file, overlay.lines) == (f"{blue}/patches.yaml", (2, 5))
    assert set(overlay.sources) == {f"{blue}/platform.yaml", f"{blue}/patches.yaml"}


def test_either_file_is_enough(blue: Path) -> None:
    (blue / "patches.yaml").unlink()
    assert overlays.read(str(blue)).patches is None
    (blue / "platform.yaml").rename(blue / "README.md")
    (blue / "patches.yaml").write_text(PATCHES)
    assert overlays.read(str(blue)).platform is None
    (blue / "patches.yaml").unlink()
    assert refused(blue) == [
        "blue: blue holds neither platform.yaml nor patches.yaml: an overlay has one of them, or both"
    ]


def test_the_name_is_the_folders(blue: Path) -> None:
    (blue / "platform.yaml").write_text(PLATFORM.replace("blue", "green"))
    assert refused(blue) == [
        "blue/platform.yaml: metadata.name is 'green', but the overlay's folder is 'blue': "
        "write the folder's name, or none"
    ]
    (blue / "platform.yaml").write_text(PLATFORM.replace("metadata: {name: blue}\n", ""))
    assert overlays.read(str(blue)).platform is not None


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("platform.yaml", "- a\n", "blue/platform.yaml: expected a fragment of a Platform, a mapping"),
        (
            "platform.yaml",
            PLATFORM + "---\n" + PLATFORM,
            "blue/platform.yaml: found 2 documents, expected one: an overlay is one fragment",
        ),
        ("patches.yaml", "", "blue/patches.yaml: found 0 documents, expected one: an overlay is one fragment"),
    ],
)
def test_files_that_are_no_overlay(blue: Path, file: str, text: str, message: str) -> None:
    (blue / file).write_text(text)
    assert refused(blue) == [message]


def test_scalars_that_tools_read_differently_are_refused(blue: Path) -> None:
    (blue / "platform.yaml").write_text(PLATFORM + "x: on\n")
    assert "quote it" in refused(blue)[0]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("patches.yaml", "patch.yaml"), ("patches.yaml", "patches.yml"), ("platform.yaml", "platfrom.yaml")],
)
def test_a_file_of_nearly_the_right_name_is_not_ignored(blue: Path, right: str, wrong: str) -> None:
    (blue / right).rename(blue / wrong)
    assert refused(blue) == [f"blue/{right}: {wrong} lies where {right} is read: rename it"]
    (blue / right).write_bytes((blue / wrong).read_bytes())
    (blue / "kustomization.yaml").write_text("resources: []\n")
    assert overlays.read(str(blue)).sources


def test_links_stay_inside(blue: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text(PLATFORM)
    (blue / "platform.yaml").unlink()
    (blue / "platform.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert refused(blue) == [
        "blue/platform.yaml: a symbolic link that leads out of the folder is not followed: copy the file"
    ]
    assert overlays.read(str(blue), root=str(tmp_path)).platform is not None
    (blue / "platform.yaml").unlink()
    (blue / "platform.yaml").mkdir()
    assert refused(blue) == ["blue/platform.yaml: not a regular file: remove it from the overlay"]


def test_the_root_confines(blue: Path, tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    root = str(tmp_path / "repository")
    assert refused(blue, root=root) == [f": overlay blue is outside {root}, and nothing outside it is read"]
    (tmp_path / "repository" / "link").symlink_to(blue)
    assert "nothing outside it is read" in refused(tmp_path / "repository" / "link", root=root)[0]


def test_what_is_no_overlay_at_all(tmp_path: Path) -> None:
    with pytest.raises(Refused) as error:
        overlays.read("prodution")
    assert str(error.value) == (
        "there is no overlay prodution: neither one of kgen's nor a folder; did you mean production?"
    )
    assert refused(tmp_path / "none") == [
        ": there is no overlay blue: neither one of kgen's nor a folder; kgen brings dev, production, staging"
    ]


@pytest.mark.parametrize("name", overlays.shipped_names())
def test_what_comes_with_kgen_fits_every_input(name: str, root: Path) -> None:
    overlay = overlays.read(name)
    assert overlay.patches is None  # a patch needs an object, and no object is there in every run
    assert overlay.platform is not None
    text = (root / "overlays" / name / "README.md").read_text()
    assert text.startswith(f"# {name}\n")
    for section, fields in overlay.platform.manifest["spec"].items():
        assert all(f"`{section}.{field}: " in text for field in fields)
    written = {"spec": {"argocd": {"pruneGuardrails": True}, "access": {"debuggers": {"on-call": DEBUGGER}}}}
    head = {"apiVersion": "kgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "x"}}
    user = Document({**head, **written}, Origin())
    for before in (None, user):
        resolved = platform.resolve(before, [overlay.platform], layers=BASELINE)
        assert resolved["metadata"]["name"] == name
        assert resolved["spec"]["argocd"]["pruneGuardrails"] is (name == "dev")
        assert bool(resolved["spec"]["access"]["debuggers"]) is (before is user and name != "production")


def test_the_shipped_overlays() -> None:
    assert overlays.shipped_names() == ["dev", "production", "staging"]
