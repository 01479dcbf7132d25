"""Built-in objects of every example are objects to Kubernetes' own client: its models read them and lose nothing."""

from typing import Any

import pytest

from kgen.manifests import group_of
from kgen.shared import own
from tests.examples.rendering import EXAMPLES, ROOT, bundle, commands

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:kubernetes", "ignore::DeprecationWarning:dateutil")


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda folder: folder.name)
def test_the_clients_models_lose_nothing(example: Any) -> None:
    client = pytest.importorskip("kubernetes.client", reason="needs kgen[schemas]")
    reader = client.ApiClient()
    deserialize = reader._ApiClient__deserialize  # what all versions have below their different public methods
    words = next(words for words in commands(example) if words[0] == "render")[1:]
    entries = bundle([word for word in words if word != "-o" and "build/" not in word]).entries
    seen = 0
    for entry in entries:
        manifest = own(entry.build())
        group, version = group_of(manifest["apiVersion"]), manifest["apiVersion"].rpartition("/")[2]
        model = f"{version.capitalize()}{manifest['kind']}"
        if (group and group.endswith((".dev", ".io")) and not group.endswith(".k8s.io")) or not hasattr(client, model):
            continue
        seen += 1
        read = deserialize(manifest, model)
        assert reader.sanitize_for_serialization(read) == manifest
    assert seen
