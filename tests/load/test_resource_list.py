"""What a KRM function gets on standard input."""

import json

import pytest

from kgen.load.resource_list import parse
from kgen.results import ERROR, WARNING, Refused, Result

# As kustomize 5.8 gives it to a transformer
KUSTOMIZE = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: kgen.dev/v1alpha1
  kind: AgentLink
  metadata:
    annotations:
      config.kubernetes.io/index: '0'
      internal.config.kubernetes.io/index: '0'
      kustomize.config.k8s.io/id: |
        group: kgen.dev
        kind: AgentLink
        name: a
        version: v1alpha1
    name: a
  spec: {from: a/b, to: c/d}
- apiVersion: v1
  kind: ConfigMap
  metadata:
    annotations:
      internal.config.kubernetes.io/index: '2'
      internal.config.kubernetes.io/path: 'links/l.yaml'
    name: b
functionConfig:
  apiVersion: kgen.dev/v1alpha1
  kind: Platform
  metadata: {name: default}
"""


def refused(text: str) -> list[Result]:
    with pytest.raises(Refused) as info:
        parse(text.encode())
    return [result for result in info.value.results if result.severity == ERROR]


def test_items_config_and_origins() -> None:
    read = parse(KUSTOMIZE.encode())
    assert [(item.manifest["kind"], item.origin) for item in read.items] == [
        ("AgentLink", ("", 0, 0)), ("ConfigMap", ("links/l.yaml", 2, 0)),
    ]  # fmt: skip
    assert read.function_config is not None
    assert read.function_config.manifest["kind"] == "Platform"
    assert (read.results, read.api_version) == ([], "config.kubernetes.io/v1")


def test_json_and_the_older_version() -> None:
    text = json.dumps({"apiVersion": "config.kubernetes.io/v1beta1", "kind": "ResourceList", "items": []})
    read = parse(text.encode())
    assert (read.items, read.function_config, read.api_version) == ([], None, "config.kubernetes.io/v1beta1")


@pytest.mark.parametrize("rest", ["", "items:\n", "items: null\nfunctionConfig: null\n"])
def test_absent_parts(rest: str) -> None:
    assert parse(f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n{rest}".encode()).items == []


WANTED = "expected a ResourceList on standard input, as kustomize and kpt give it"
HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"{WANTED}, found nothing: use `kgen render` outside of them"),
        ("apiVersion: v1\nkind: A\n", f"{WANTED}, found kind A: use `kgen render` for plain manifests"),
        ("- a\n", f"{WANTED}, found something else: use `kgen render` for plain manifests"),
        (HEAD + "---\na: b\n", f"{WANTED}, found 2 documents: put all objects under its items"),
        ("apiVersion: v1\nkind: ResourceList\n",
         "a ResourceList has apiVersion config.kubernetes.io/v1 or config.kubernetes.io/v1beta1, found v1"),
        (HEAD + "items: {a: b}\n", "items of the ResourceList has to be a list"),
        (HEAD + "functionConfig: [a]\n", "functionConfig of the ResourceList has to be a mapping"),
        (HEAD + "items: [a]\n",
         "items[0]: a document has to be a mapping, found text: every Kubernetes object has apiVersion, kind and"
         " metadata.name; put --- between two objects"),
        (HEAD + "items:\n- {apiVersion: v1, kind: A, metadata: {name: 1}}\n",
         "items[0]: metadata.name has to be text, found a number: put it in quotes"),
    ],
)  # fmt: skip
def test_what_is_no_resource_list(text: str, message: str) -> None:
    assert [result.message for result in refused(text)] == [message]


def test_what_is_wrong_in_an_item_is_told_of_it() -> None:
    (result,) = refused(KUSTOMIZE.replace("to: c/d}", "to: on}"))
    assert (result.message, result.kind, result.name, result.field, result.line) == (
        'quote it: kubectl reads true, kustomize reads "on"', "AgentLink", "a", "spec.to", 0,
    )  # fmt: skip


def test_doubts_of_foreign_items_name_their_file() -> None:
    text = KUSTOMIZE.replace("    name: b\n", "    name: b\n  data: {a: on}\n")
    (result,) = parse(text.encode()).results
    assert (result.severity, result.file, result.index, result.kind, result.field) == (
        WARNING, "links/l.yaml", 2, "ConfigMap", "data.a",
    )  # fmt: skip


def test_what_is_wrong_in_the_config_is_told_of_it() -> None:
    (result,) = refused(KUSTOMIZE + "  spec: {a: 2024-01-01}\n")
    assert (result.kind, result.name, result.field) == ("Platform", "default", "spec.a")


@pytest.mark.parametrize("index", ["-1", "x", "1e3", "²", "9" * 30, ""])
def test_an_index_that_is_no_number_is_no_index(index: str) -> None:
    read = parse(KUSTOMIZE.replace("index: '2'", f"index: '{index}'").encode())
    assert read.items[1].origin == ("links/l.yaml", 0, 0)


def test_many_items_are_one_document() -> None:
    item = "- {apiVersion: v1, kind: A, metadata: {name: x}, data: {a: b, c: d, e: f, g: h, i: j, k: l, m: q, o: p}}\n"
    assert len(parse((HEAD + "items:\n" + item * 20_000).encode()).items) == 20_000
