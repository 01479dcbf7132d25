"""Which files are read of what a user names, and what is said of the others."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kgen.load.compose import Limits
from kgen.load.files import read
from kgen.results import ERROR, INFO, WARNING, Refused

MANIFEST = "apiVersion: v1\nkind: A\nmetadata: {name: %s}\n"
Tree = Callable[[dict[str, str]], Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A function from files to the folder that holds them, which is also the working folder."""
    monkeypatch.chdir(tmp_path)

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def manifests(*names: str) -> dict[str, str]:
    return {name: MANIFEST % Path(name).stem for name in names}


def found(*paths: str, root: str | None = None) -> list[str]:
    return [document.origin.file for document in read(paths, root=root).documents]


def problems(*paths: str, root: str | None = None, limits: Limits = Limits()) -> list[tuple[str, str]]:  # noqa: B008 - immutable
    with pytest.raises(Refused) as info:
        read(paths, root=root, limits=limits)
    return [(result.file, result.message) for result in info.value.results if result.severity == ERROR]


def test_folders_are_read_in_the_order_of_their_paths(tree: Tree) -> None:
    tree(manifests("b.yaml", "a/z.yml", "a/b/c.json", "a-b.yaml", "B.yaml"))
    assert found(".") == ["B.yaml", "a/b/c.json", "a/z.yml", "a-b.yaml", "b.yaml"]


def test_names_are_those_the_user_gave(tree: Tree) -> None:
    folder = tree(manifests("d/a.yaml"))
    assert found("d") == found("./d/") == found("d/a.yaml") == ["d/a.yaml"]
    assert found(str(folder / "d")) == [f"{folder}/d/a.yaml"]


def test_sources_are_the_files_as_named_in_origins(tree: Tree) -> None:
    tree(manifests("d/a.yaml"))
    assert read(["d"]).sources == {"d/a.yaml": (MANIFEST % "a").encode()}


def test_hidden_files_other_files_and_kustomizations_are_left_out(tree: Tree) -> None:
    tree(manifests("a.yaml", ".b.yaml", ".git/c.yaml", "d.txt", "kustomization.yaml", "e/kustomization.yml", "f.yaml~"))
    assert found(".") == ["a.yaml"]


def test_folders_of_overlays_and_layers_are_left_out_with_a_note(tree: Tree) -> None:
    tree(manifests("a.yaml", "overlays/dev/patches.yaml", "own/layer.yaml", "own/b.yaml"))
    given = read(["."])
    assert [document.origin.file for document in given.documents] == ["a.yaml"]
    message = "left out: a folder of overlays or a layer is configuration, not input; name it to read it"
    assert [(r.file, r.severity, r.message) for r in given.results] == [
        ("overlays", INFO, message), ("own", INFO, message),
    ]  # fmt: skip


def test_a_file_named_twice_is_read_once(tree: Tree) -> None:
    tree(manifests("d/a.yaml", "d/b.yaml"))
    assert found("d/b.yaml", "d", "d/a.yaml", "./d") == ["d/b.yaml", "d/a.yaml"]


def test_standard_input() -> None:
    given = read(["-"], stdin=(MANIFEST % "x").encode())
    assert [document.origin.file for document in given.documents] == ["-"]


@pytest.mark.parametrize("kind", ["kustomize.config.k8s.io/v1alpha1\nkind: Component", "kpt.dev/v1\nkind: Kptfile"])
def test_files_of_tools(tree: Tree, kind: str) -> None:
    tree({**manifests("a.yaml"), "tool.yaml": f"apiVersion: {kind}\nmetadata: {{name: x}}\n"})
    assert found(".") == ["a.yaml"]
    name = kind.rpartition(" ")[2]
    message = f"{name} is no manifest but a tool's own file: run the tool, or give its resources themselves"
    assert problems("tool.yaml") == [("tool.yaml", message)]


def test_files_of_no_manifests_are_left_out_with_a_note(tree: Tree) -> None:
    tree({**manifests("a.yaml"), "values.yaml": "image: {tag: on}\n---\n- x\n", "package.json": '{"name": "x"}'})
    given = read(["."])
    assert len(given.documents) == 1
    message = "left out: nothing in it has apiVersion or kind, so it holds no manifests; name the file to read it"
    notes = [(result.file, result.severity, result.message) for result in given.results if result.rule == "skipped"]
    assert notes == [("package.json", INFO, message), ("values.yaml", INFO, message)]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: kgen.dev/v1alpha1\nmetadata: {name: x}\nspec: {from: a/b, to: c/d}\n",
        "kind: AgentLink\nmetadata: {name: x}\nspec: {from: a/b, to: c/d}\n",
        "metadata: {name: x}\nspec: {from: a/b, to: c/d}\n",
        "spec: {from: a/b, to: c/d}\n",
    ],
)
def test_what_looks_like_a_manifest_is_never_left_out(tree: Tree, text: str) -> None:
    tree({"link.yaml": text})
    assert {file for file, _ in problems(".")} == {"link.yaml"}


def test_one_manifest_makes_the_others_count(tree: Tree) -> None:
    tree({"a.yaml": "x: 1\n---\n" + MANIFEST % "a" + "---\ny: 1\n"})
    assert len(problems(".")) == 6


def test_a_named_file_is_never_left_out(tree: Tree) -> None:
    tree({"values.yaml": "image: x\n"})
    assert len(problems("values.yaml")) == 3


def test_what_is_no_yaml_counts_only_where_it_may_be_a_manifest(tree: Tree) -> None:
    tree(
        {
            "tsconfig.json": '{\n// comment\n"a": @}\n',
            "chart/t.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}\na: b: c",
        }
    )
    assert [file for file, _ in problems(".")] == ["chart/t.yaml"]
    os.remove("chart/t.yaml")
    (note,) = read(["."]).results
    assert (note.file, note.severity) == ("tsconfig.json", WARNING)
    assert note.message.startswith("left out, because it has no apiVersion and can not be read (not valid YAML: ")


def test_errors_of_all_files_come_together(tree: Tree) -> None:
    tree({"a.yaml": "kind: A", "b.yaml": "- kind", **manifests("c.yaml")})
    assert [file for file, _ in problems("a.yaml", "b.yaml", "c.yaml", "d.yaml")] == [
        "a.yaml",
        "a.yaml",
        "b.yaml",
        "d.yaml",
    ]


def test_what_does_not_exist(tree: Tree) -> None:
    tree(manifests("links.yaml"))
    assert problems("link.yaml") == [("link.yaml", "link.yaml does not exist: did you mean links.yaml?")]
    hint = "give a file, a folder, or - for standard input"
    assert problems("zzz") == [("zzz", f"zzz does not exist: {hint}")]
    assert problems("no/zzz") == [("no/zzz", f"no/zzz does not exist, nor does its folder: {hint}")]


def test_too_large_a_file(tree: Tree) -> None:
    tree({"a.yaml": MANIFEST % "a" + "#" * 1000})
    ((_, message),) = problems("a.yaml", limits=Limits(size=500))
    assert message == "501 bytes, more than the 500 that kgen reads at once: split the file"


# --- confinement


def test_links_to_files_inside_are_followed(tree: Tree) -> None:
    folder = tree(manifests("d/real/a.yaml"))
    (folder / "d/b.yaml").symlink_to("real/a.yaml")
    assert found("d") == ["d/b.yaml"]  # the same file


def test_links_that_lead_out_are_refused(tree: Tree) -> None:
    folder = tree(manifests("outside.yaml", "d/a.yaml"))
    (folder / "d/b.yaml").symlink_to("../outside.yaml")
    message = "a symbolic link that leads out of the folder is not followed: name the file it points to"
    assert problems("d") == [("d/b.yaml", message)]
    assert found("d", root=".") == ["d/a.yaml", "d/b.yaml"]  # the root is what confines


def test_a_link_that_is_named_is_followed(tree: Tree) -> None:
    folder = tree(manifests("outside.yaml"))
    (folder / "b.yaml").symlink_to("outside.yaml")
    assert found("b.yaml") == ["b.yaml"]


def test_linked_folders_are_left_out_with_a_warning(tree: Tree) -> None:
    folder = tree(manifests("d/a.yaml", "e/b.yaml"))
    (folder / "d/e").symlink_to("../e")
    (folder / "d/loop").symlink_to(".")
    given = read(["d"])
    assert [document.origin.file for document in given.documents] == ["d/a.yaml"]
    message = "left out: a folder that is a symbolic link is not followed; name it to read it"
    assert [(r.file, r.severity, r.message) for r in given.results] == [
        ("d/e", WARNING, message), ("d/loop", WARNING, message),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path", ["../secret.yaml", "..", "/etc/hostname", "in/../../secret.yaml", "link.yaml", "folder"]
)
def test_nothing_outside_the_root_is_read(tree: Tree, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    folder = tree(manifests("secret.yaml", "root/in/a.yaml"))
    (folder / "root/link.yaml").symlink_to("../secret.yaml")
    (folder / "root/folder").symlink_to("..")
    monkeypatch.chdir(folder / "root")
    assert problems(path, root=".") == [(path, f"{path} is outside ., and nothing outside it is read")]


def test_a_folder_whose_name_begins_like_the_root_is_outside(tree: Tree) -> None:
    tree(manifests("root/a.yaml", "root-b/a.yaml"))
    assert problems("root-b/a.yaml", root="root")


def test_a_link_out_of_the_root_inside_a_folder(tree: Tree) -> None:
    folder = tree(manifests("secret.yaml", "root/d/a.yaml"))
    (folder / "root/d/b.yaml").symlink_to("../../secret.yaml")
    assert [file for file, _ in problems("root/d", root="root")] == ["root/d/b.yaml"]


def test_pipes_and_broken_links_in_a_folder(tree: Tree) -> None:
    folder = tree({})
    os.mkfifo(folder / "a.yaml")
    (folder / "b.yaml").symlink_to("missing.yaml")
    message = "not a regular file: remove it, or the broken link, from the folder"
    assert problems(".") == [("a.yaml", message), ("b.yaml", message)]


def test_a_file_that_can_not_be_read(tree: Tree) -> None:
    folder = tree(manifests("a.yaml"))
    (folder / "a.yaml").chmod(0)
    if os.access(folder / "a.yaml", os.R_OK):
        pytest.skip("this user may read every file")
    assert problems("a.yaml") == [("a.yaml", "can not read the file: Permission denied")]
