"""Reading the folders of layers: the shipped ones cheaply, a user's own within bounds."""

import os

import pytest

from kgen.load import data, layers
from kgen.results import Refused


@pytest.fixture
def repository(tmp_path):
    """A repository with the layers quota and limits under own/, beside a folder that is none of its business."""
    root = tmp_path / "repository"
    for name in ("quota", "limits"):
        folder = root / "own" / name
        folder.mkdir(parents=True)
        (folder / "layer.yaml").write_text(f"name: {name}\n")
        (folder / "README.md").write_text("for people")
        (folder / ".hidden").write_text("x")
    (root / "own" / "notes").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "layer.yaml").write_text("name: outside\n")
    return root


def own(root, *folders):
    return layers.own(list(folders), str(root), taken=frozenset({"network"}))


def problems(root, *folders):
    with pytest.raises(Refused) as caught:
        own(root, *folders)
    return [(one.file, one.message) for one in caught.value.results]


def test_the_data_folder_is_the_checkouts(root):
    assert data.folder() == str(root)


def test_the_data_folder_of_an_installed_package(tmp_path, monkeypatch):
    module = tmp_path / "kgen" / "load" / "data.py"
    monkeypatch.setattr(data, "__file__", str(module))
    assert data.folder() == str(tmp_path)
    (tmp_path / "kgen" / "_data").mkdir(parents=True)
    assert data.folder() == str(tmp_path / "kgen" / "_data")


def test_shipped_layers(root):
    names = layers.shipped_names()
    assert names == sorted(path.name for path in (root / "bases").iterdir() if path.is_dir())
    for name in names:
        source = layers.shipped(name)
        assert (source.name, source.shipped, source.folder) == (name, True, f"bases/{name}")
        assert list(source.files) == sorted(source.files)
        assert "README.md" not in source.files
        for file, content in source.files.items():
            assert content == (root / "bases" / name / file).read_bytes()


def test_a_file_of_any_size_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "folder", lambda: str(tmp_path))
    (tmp_path / "bases" / "big").mkdir(parents=True)
    for size in (0, 1, 65535, 65536, 65537, 3_000_000):
        (tmp_path / "bases" / "big" / "layer.yaml").write_bytes(b"x" * size)
        assert len(layers.shipped("big").files["layer.yaml"]) == size
    assert layers.shipped_names() == ["big"]


def test_no_such_layer(tmp_path, monkeypatch):
    with pytest.raises(KeyError):
        layers.shipped("nothing")
    monkeypatch.setattr(data, "folder", lambda: str(tmp_path))
    assert layers.shipped_names() == []


def test_the_digest_tells_names_and_contents_apart():
    states = [
        {},
        {"a": b""},
        {"a": b"x"},
        {"b": b"x"},
        {"a": b"x", "b": b""},
        {"a": b"", "b": b"x"},
        {"a": b"x\0" + b"1"},
        {"a": b"xb", "c": b""},
    ]
    assert len({layers.digest(state) for state in states}) == len(states)


def test_a_folder_of_layers_and_a_layer(repository):
    found = own(repository, "own")
    assert [(one.name, one.shipped, one.folder) for one in found] == [
        ("limits", False, "own/limits"),
        ("quota", False, "own/quota"),
    ]
    assert found[0].files == {"layer.yaml": b"name: limits\n"}
    assert [one.folder for one in own(repository, "./own//quota/")] == ["own/quota"]


@pytest.mark.parametrize("folder", ["/etc", "../outside", "own/../../outside", "..", "", "own\\quota", "own\0quota"])
def test_folders_stay_inside(repository, folder):
    ((_file, message),) = problems(repository, folder)
    assert message.endswith("is no folder inside the repository: write a relative path without .., such as layers")


def test_no_link_leads_out(repository):
    (repository / "link").symlink_to(repository.parent / "outside")
    assert problems(repository, "link") == [
        ("link", "link leads out of the repository by a symbolic link: copy the layer into it")
    ]
    (repository / "own" / "quota" / "secret.yaml").symlink_to("/etc/passwd")
    assert problems(repository, "own/quota") == [
        ("own/quota/secret.yaml", "own/quota/secret.yaml is a symbolic link: a layer holds regular files only")
    ]
    (repository / "own" / "quota" / "secret.yaml").unlink()
    (repository / "own" / "zz").symlink_to(repository.parent / "outside")
    assert [one.name for one in own(repository, "own")] == ["limits", "quota"]


def test_the_repository_itself_may_be_reached_by_a_link(repository, tmp_path):
    (tmp_path / "alias").symlink_to(repository)
    assert len(own(tmp_path / "alias", "own")) == 2


def test_only_regular_files(repository):
    os.mkfifo(repository / "own" / "quota" / "pipe.yaml")
    assert problems(repository, "own/quota") == [
        ("own/quota/pipe.yaml", "own/quota/pipe.yaml is no regular file: a layer holds regular files only")
    ]


def test_sizes(repository):
    folder = repository / "own" / "quota"
    (folder / "big.yaml").write_bytes(b"x" * (layers.MAX_FILE + 1))
    assert problems(repository, "own/quota")[0][1] == "own/quota/big.yaml is larger than 1 MiB"
    (folder / "big.yaml").unlink()
    for i in range(5):
        (folder / f"{i}.yaml").write_bytes(b"x" * layers.MAX_FILE)
    assert problems(repository, "own/quota")[0][1] == "layer quota is larger than 4 MiB"
    for i in range(200):
        (folder / f"f{i}.yaml").write_bytes(b"")
    assert problems(repository, "own/quota")[0][1] == "layer quota has 207 files, more than 200"


def test_numbers(repository):
    for i in range(21):
        (repository / "many" / f"layer-{i}").mkdir(parents=True)
        (repository / "many" / f"layer-{i}" / "layer.yaml").write_text("")
    assert problems(repository, "many")[0][1] == "more than 20 layers: take some out of spec.bases"


@pytest.mark.parametrize("name", ["Quota", "a_b", "a.b", "ä", "a b", "__pycache__"])
def test_names(repository, name):
    (repository / "odd" / name).mkdir(parents=True)
    (repository / "odd" / name / "layer.yaml").write_text("")
    assert problems(repository, f"odd/{name}")[0][1] == (
        f"{name!r} is no name for a layer: lowercase letters, digits and - only"
    )


def test_names_are_unique(repository):
    (repository / "own" / "network").mkdir()
    (repository / "own" / "network" / "layer.yaml").write_text("")
    assert problems(repository, "own/network", "own/quota", "own/quota") == [
        ("own/network", "layer network has the name of a layer that comes with kgen: rename its folder"),
        ("own/quota", "layer quota has the name of the layer in own/quota: rename its folder"),
    ]


def test_nothing_there(repository):
    assert problems(repository, "nothing", "own/notes") == [
        ("nothing", "there is no folder nothing: spec.bases names folders relative to the repository"),
        ("own/notes", "own/notes holds no layer.yaml and no folder that does: a layer needs one"),
    ]


def test_reading_runs_nothing_and_writes_nothing(repository):
    (repository / "own" / "quota" / "__pycache__").mkdir()
    (repository / "own" / "quota" / "__pycache__" / "x.pyc").write_bytes(b"x")
    before = sorted(map(str, repository.rglob("*")))
    (found,) = own(repository, "own/quota")
    assert set(found.files) == {"layer.yaml"}
    assert sorted(map(str, repository.rglob("*"))) == before
