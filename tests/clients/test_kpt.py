"""kpt: the same objects as from `kgen render`, in files, twice; nothing is written when something fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import packages
from tests.clients.packages import expected, package, package_objects, run
from tests.clients.rendering import Rendering, renderings

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("machine")
    packages.programs(folder / "bin")
    return packages.environment(folder)


@pytest.fixture
def kpt(client: Callable[[str], Path]) -> str:
    return str(client("kpt"))


def snapshot(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("way", renderings(), ids=str)
def test_an_example_rendered_twice(way: Rendering, kpt: str, env: dict[str, str], tmp_path: Path) -> None:
    folder = package(way, tmp_path)
    run([kpt, "fn", "render", "--allow-exec", str(folder)], tmp_path, env)
    assert package_objects(folder) == expected(way, env)
    before = snapshot(folder)
    run([kpt, "fn", "render", "--allow-exec", str(folder)], tmp_path, env)
    assert snapshot(folder) == before


@pytest.mark.parametrize("way", renderings(), ids=str)
def test_an_example_evaluated(way: Rendering, kpt: str, env: dict[str, str], tmp_path: Path) -> None:
    folder = package(way, tmp_path)
    config = folder / "platform-of-the-function.yaml"
    command = [kpt, "fn", "eval", str(folder), "--exec", "kgen-fn", "--fn-config", str(config)]
    run(command, tmp_path, env)
    assert package_objects(folder) == expected(way, env)
    before = snapshot(folder)
    run(command, tmp_path, env)
    assert snapshot(folder) == before


def test_stale_objects_go_and_foreign_ones_stay_with_their_comments(
    kpt: str, env: dict[str, str], tmp_path: Path
) -> None:
    way = next(way for way in renderings() if way.example == "01-minimal")
    folder = package(way, tmp_path)
    render = [kpt, "fn", "render", "--allow-exec", str(folder)]
    run(render, tmp_path, env)
    generated = folder / "generated/team-beta/network.yaml"
    foreign = "apiVersion: v1\nkind: ConfigMap # mine\nmetadata: {name: mine}\ndata: {a: 'b'} # so\n"
    generated.write_text(f"{generated.read_text()}---\n{foreign}")
    (folder / "mine.yaml").write_text(f"# a heading\n{foreign.replace('name: mine', 'name: mine2')}")
    link = next(folder.glob("*link.yaml"))
    link.write_text(link.read_text().replace("team-beta/specialist", "team-gamma/specialist"))
    run(render, tmp_path, env)
    assert generated.read_text() == foreign
    assert (folder / "mine.yaml").read_text() == f"# a heading\n{foreign.replace('name: mine', 'name: mine2')}"
    assert (folder / "generated/team-gamma/network.yaml").exists()
    assert link.read_text().startswith("# yaml-language-server: ")


def test_what_fails_writes_nothing(kpt: str, env: dict[str, str], tmp_path: Path) -> None:
    way = next(way for way in renderings() if way.example == "01-minimal")
    folder = package(way, tmp_path)
    before = snapshot(folder)
    done = run([kpt, "fn", "render", str(folder)], tmp_path, env, code=1)
    assert "must run with `--allow-exec` option" in done.stderr
    missing = run([kpt, "fn", "render", "--allow-exec", str(folder)], folder, {**env, "PATH": "/usr/bin:/bin"}, code=1)
    assert 'exec: "kgen-fn": executable file not found in $PATH' in missing.stderr
    assert snapshot(folder) == before
    config = tmp_path / "config.yaml"
    config.write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n")
    command = [kpt, "fn", "eval", str(folder), "--exec", "kgen-fn", "--fn-config", str(config)]
    assert "functionConfig is v1 Secret" in run(command, folder, env, code=1).stderr
    for file in folder.glob("*link.yaml"):
        file.unlink()
    emptied = snapshot(folder)
    done = run([kpt, "fn", "render", "--allow-exec", str(folder)], tmp_path, env, code=1)
    assert "there is nothing to expand" in done.stderr
    assert snapshot(folder) == emptied


def test_values_on_the_command_line(kpt: str, env: dict[str, str], tmp_path: Path) -> None:
    way = next(way for way in renderings() if way.example == "01-minimal")
    folder = package(way, tmp_path)
    command = [kpt, "fn", "eval", str(folder), "--exec", "kgen-fn", "--"]
    run([*command, "network.dns.flavor=OpenShift"], folder, env)
    assert "openshift-dns" in (folder / "generated/team-alpha/network.yaml").read_text()
    done = run([*command, "network.dns.flavour=OpenShift"], folder, env, code=1)
    assert "flavour" in done.stderr
