"""What is seen of kustomizations before they are built: roads out, functions, links that would be renamed."""

from pathlib import Path

import pytest

from kgen.load import kustomizations
from kgen.results import Refused

LINK = "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: l}\nspec: {from: a/x, to: b/y}\n"
CONFIG = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata:
  name: p
  annotations: {config.kubernetes.io/function: "exec: {path: kgen-fn}"}
"""
OTHER = CONFIG.replace("kgen.dev/v1alpha1", "example.com/v1").replace("Platform", "Injector")


def survey(folder: Path, files: dict[str, str], app: str = "repo/app") -> kustomizations.Survey:
    for name, text in files.items():
        place = folder / "repo" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return kustomizations.survey(str(folder / app), str(folder / "repo"))


def refusal(folder: Path, files: dict[str, str]) -> str:
    with pytest.raises(Refused) as refused:
        survey(folder, files)
    return str(refused.value)


def test_files_and_folders_of_the_repository_are_fine(tmp_path: Path) -> None:
    files = {
        "app/kustomization.yaml": "resources: [link.yaml, ../shared, missing.yaml]\ncomponents: [../part]\n",
        "app/link.yaml": LINK,
        "shared/kustomization.yml": "namePrefix: x-\nresources: [cm.yaml]\n",
        "shared/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        "part/Kustomization": "kind: Component\nresources: [../app]\n",
    }
    assert survey(tmp_path, files) == kustomizations.Survey(False, [], {})


@pytest.mark.parametrize("field", ["resources", "bases", "components", "generators", "transformers", "validators"])
@pytest.mark.parametrize(
    "entry", ["../../outside", "{tmp}/outside", "link", "../../outside/x.yaml", "../../../../../etc"]
)
def test_a_road_out_of_the_repository_is_closed(field: str, entry: str, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x.yaml").write_text(LINK)
    (tmp_path / "outside/kustomization.yaml").write_text("resources: [x.yaml]\n")
    (tmp_path / "repo/app").mkdir(parents=True)
    (tmp_path / "repo/app/link").symlink_to(tmp_path / "outside")
    text = f"{field}: ['{entry.format(tmp=tmp_path)}']\n"
    assert "leads out of the repository" in refusal(tmp_path, {"app/kustomization.yaml": text})


def test_nor_through_a_folder_inside(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    files = {
        "app/kustomization.yaml": "resources: [../shared]\n",
        "shared/kustomization.yaml": "resources: [../../outside]\n",
    }
    assert "../../outside leads out" in refusal(tmp_path, files)


def test_nor_by_a_kustomization_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "k.yaml").write_text("resources: []\n")
    (tmp_path / "repo/app").mkdir(parents=True)
    (tmp_path / "repo/app/kustomization.yaml").symlink_to(tmp_path / "k.yaml")
    assert "a symbolic link leads out of the repository" in refusal(tmp_path, {"x": ""})


@pytest.mark.parametrize(
    "entry", ["https://git.example/a.yaml", "git@git.example:a/b", "github.com/a/b?ref=v1", "ssh://h/x"]
)
def test_nothing_is_fetched(entry: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, {"app/kustomization.yaml": f"resources: ['{entry}']\n"})
    assert message == f"{entry} is not in the repository, and nothing is fetched: copy it in"


@pytest.mark.parametrize("setting", ["namespace: n", "namePrefix: p-", "nameSuffix: -s"])
def test_links_that_would_be_renamed_are_refused_also_from_above(setting: str, tmp_path: Path) -> None:
    files = {
        "app/kustomization.yaml": f"{setting}\nresources: [../base]\n",
        "base/kustomization.yaml": "resources: [link.yaml]\n",
        "base/link.yaml": LINK,
    }
    assert f"{setting.split()[0]} renames links" in refusal(tmp_path, files)


def test_a_transformer_that_renames_is_the_same(tmp_path: Path) -> None:
    prefix = "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: x-\n"
    files = {"app/kustomization.yaml": "resources: [l.yaml]\ntransformers: [p.yaml]\n", "app/l.yaml": LINK}
    assert "PrefixTransformer renames links" in refusal(tmp_path, {**files, "app/p.yaml": prefix})


def test_kgens_own_function_is_known_with_its_configuration(tmp_path: Path) -> None:
    files = {
        "app/kustomization.yaml": "resources: [l.yaml]\ncomponents: [kgen]\nvalidators: [v.yaml]\n",
        "app/l.yaml": LINK,
        "app/v.yaml": CONFIG,
        "app/kgen/kustomization.yaml": "kind: Component\ntransformers: [platform.yaml]\n",
        "app/kgen/platform.yaml": CONFIG,
    }
    found = survey(tmp_path, files)
    assert found.functions
    assert [config.origin.file.rpartition("/app/")[2] for config in found.configs] == ["kgen/platform.yaml"]


@pytest.mark.parametrize("beside", ["file", "inline", "builtin-function", "folder"])
def test_beside_it_no_other_function_may_be_left_out(beside: str, tmp_path: Path) -> None:
    entry = {"inline": "|-\n" + "".join(f"    {line}\n" for line in OTHER.splitlines()), "folder": "../others"}
    files = {
        "app/kustomization.yaml": f"transformers:\n- platform.yaml\n- {entry.get(beside, 'other.yaml')}\n",
        "app/platform.yaml": CONFIG,
        "app/other.yaml": OTHER if beside == "file" else OTHER.replace("example.com/v1", "builtin"),
        "others/kustomization.yaml": "resources: [other.yaml]\n",
        "others/other.yaml": OTHER,
    }
    assert "none but kgen's is known here" in refusal(tmp_path, files)


def test_without_kgens_own_kustomize_itself_refuses_the_others(tmp_path: Path) -> None:
    files = {"app/kustomization.yaml": "transformers: [other.yaml]\n", "app/other.yaml": OTHER}
    assert not survey(tmp_path, files).functions


def test_the_component_for_kubectl_says_what_to_use_instead(tmp_path: Path) -> None:
    bare = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\n"
    files = {"app/kustomization.yaml": "transformers: [platform.yaml]\n", "app/platform.yaml": bare}
    assert "use plugins/kustomize/function instead" in refusal(tmp_path, files)


def test_circles_and_odd_files_end(tmp_path: Path) -> None:
    files = {"app/kustomization.yaml": "resources: [../app, ., 7, {a: b}]\ngenerators: text\n"}
    assert not survey(tmp_path, files).functions
    (tmp_path / "repo/app/kustomization.yaml").write_text("- a\n- b\n")
    assert not survey(tmp_path, {}).functions
