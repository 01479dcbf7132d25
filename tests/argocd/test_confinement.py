"""Nothing outside the repository's copy is read, whatever parameters, links, overlays, layers and files say."""

import json
from pathlib import Path
from typing import Any

import pytest

from kgen.entry import argocd
from kgen.entry.argocd_parameters import PARAMETERS
from kgen.results import Refused
from tests.argocd.conftest import LINK, Repository

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: leak, namespace: a}\nstringData: {t: hunter2}\n"
PLATFORM = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: o}\nspec: {profile: hunter2}\n"
APP = "apps/one"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the repository with everything that could be read by mistake."""
    folder = tmp_path / "outside"
    (folder / "overlay").mkdir(parents=True)
    (folder / "layer").mkdir()
    (folder / "secret.yaml").write_text(SECRET)
    (folder / "platform.yaml").write_text(PLATFORM)
    (folder / "overlay/platform.yaml").write_text(PLATFORM.replace("{name: o}", "{name: overlay}"))
    (folder / "overlay/patches.yaml").write_text("- hunter2\n")
    (folder / "layer/layer.yaml").write_text("name: hunter2\n")
    (folder / "kustomization.yaml").write_text("resources: [secret.yaml]\n")
    return folder


@pytest.fixture
def app(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = repository({f"{APP}/link.yaml": LINK, "shared/p.yaml": PLATFORM.replace("hunter2", "Baseline")}) / APP
    monkeypatch.chdir(folder)
    return folder


def generate(*parameters: Any, path: str = APP) -> str:
    """stdout and stderr of one call, of whatever end."""
    environment = {"ARGOCD_APP_SOURCE_PATH": path, PARAMETERS: json.dumps(parameters), "PATH": "/nonexistent"}
    try:
        return json.dumps(argocd.generate(environment).manifests)
    except Refused as refused:
        return "REFUSED " + " ".join(result.message for result in refused.results)


def text(name: str, value: str) -> dict[str, str]:
    return {"name": name, "string": value}


def test_the_rest_of_the_repository_may_be_read(app: Path) -> None:
    assert "NetworkPolicy" in generate(text("platform", "../../shared/p.yaml"))


@pytest.mark.parametrize("name", ["platform", "overlay"])
@pytest.mark.parametrize(
    "form", ["../../../outside/{}", "{outside}/{}", "../../link/{}", "./../../../outside/./{}", "link/{}"]
)
def test_a_parameter_does_not_lead_out(name: str, form: str, app: Path, outside: Path) -> None:
    (app.parent.parent / "link").symlink_to(outside)
    (app / "link").symlink_to(outside)
    target = "platform.yaml" if name == "platform" else "overlay"
    found = generate(text(name, form.format(target, outside=outside)))
    assert found.startswith("REFUSED")
    assert "nothing outside it is read" in found
    assert "hunter2" not in found


@pytest.mark.parametrize("value", ["/etc/passwd", "/proc/self/environ", "/dev/stdin", "-", "..", "/", "\0", "a\0b"])
def test_odd_files_are_no_platform(value: str, app: Path) -> None:
    assert generate(text("platform", value)).startswith("REFUSED")
    if value not in ("..", "-"):
        assert generate(text("overlay", value)).startswith("REFUSED")


@pytest.mark.parametrize("file", ["secret.yaml", "sub/secret.yaml"])
def test_a_link_in_the_folder_to_a_file_outside_is_refused(file: str, app: Path, outside: Path) -> None:
    (app / file).parent.mkdir(exist_ok=True)
    (app / file).symlink_to(outside / "secret.yaml")
    found = generate()
    assert found.startswith("REFUSED")
    assert "hunter2" not in found


def test_a_linked_folder_is_not_followed(app: Path, outside: Path) -> None:
    (app / "folder").symlink_to(outside)
    found = generate()
    assert "hunter2" not in found
    assert "leak" not in found


def test_links_inside_the_repository_are_followed(app: Path) -> None:
    other = app.parent.parent / "shared/other.yaml"
    other.write_text(LINK.replace("name: l", "name: m").replace("b/y", "b/z"))
    (app / "other.yaml").symlink_to("../../shared/other.yaml")
    assert '"z' in generate()


@pytest.mark.parametrize("file", ["platform.yaml", "patches.yaml"])
def test_an_overlay_whose_files_lead_out_is_refused(file: str, app: Path, outside: Path) -> None:
    overlay = app / "overlays/test"
    overlay.mkdir(parents=True)
    (overlay / file).symlink_to(outside / "overlay" / file)
    found = generate(text("overlay", "overlays/test"))
    assert found.startswith("REFUSED")
    assert "hunter2" not in found


@pytest.mark.parametrize("pattern", ["../../../outside/*.yaml", "/etc/*", "link/*.yaml", "**/*.yaml"])
def test_files_that_a_platform_names_do_not_lead_out(pattern: str, app: Path, outside: Path) -> None:
    (app / "link").symlink_to(outside)
    found = generate({"name": "files", "array": [pattern]}, text("platform", "../../shared/p.yaml"))
    (app / "p.yaml").write_text(PLATFORM.replace("profile: hunter2", f"files: ['{pattern}']"))
    found += generate()
    assert "hunter2" not in found
    assert "leak" not in found


@pytest.mark.parametrize("folder", ["../outside/layer", "{outside}/layer", "link", "apps/one/link"])
def test_layers_of_ones_own_do_not_lead_out(folder: str, app: Path, outside: Path) -> None:
    (app.parent.parent / "link").symlink_to(outside / "layer")
    (app / "link").symlink_to(outside / "layer")
    found = generate({"name": "bases", "array": [folder.format(outside=outside)]})
    assert found.startswith("REFUSED")
    assert "hunter2" not in found


@pytest.mark.parametrize(
    "folder, path, expected",
    [
        ("/w/u/apps/one", "apps/one", "../.."),
        ("/w/u/apps/one", "./apps//one/", "../.."),
        ("/w/u", ".", "."),
        ("/w/u", "", "."),
        ("/w/u/one", "apps/one", ".."),  # manifest-generate-paths: a part of the repository
        ("/w/u", "apps/one", "."),  # and the application's folder alone
        ("/w/u/real/one", "linked/one", ".."),  # never more than what both have
        ("/one", "one", "."),  # never the root of the machine
        ("/a/b", "x/../a/b", ".."),
        ("/w/u/apps/one", "../apps/one", "../.."),
    ],
)
def test_where_the_repository_begins(folder: str, path: str, expected: str) -> None:
    assert argocd.repository(folder, path) == expected


def test_without_the_path_the_folder_is_all_there_is(app: Path) -> None:
    assert "nothing outside it is read" in generate(text("platform", "../../shared/p.yaml"), path="")


def test_no_message_names_the_folder_of_the_call(app: Path, outside: Path) -> None:
    assert str(app.parent) not in generate(text("platform", "../../../outside/platform.yaml"))
