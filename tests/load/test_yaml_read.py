"""YAML to documents: the values kubectl sees, and a clear message for everything else."""

from typing import Any

import pytest

from kgen.load.yaml_read import parse, parse_value
from kgen.manifests import Manifest
from kgen.results import ERROR, WARNING, Refused, Result

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
OURS = "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: x}\n"


def one(text: str | bytes, **options: Any) -> Manifest:
    """The only object of a text that has no warnings."""
    documents, results = parse(text if isinstance(text, bytes) else text.encode(), "a.yaml", **options)
    assert results == []
    assert len(documents) == 1
    return documents[0].manifest


def refused(text: str | bytes, **options: Any) -> tuple[Result, ...]:
    with pytest.raises(Refused) as info:
        parse(text if isinstance(text, bytes) else text.encode(), "a.yaml", **options)
    assert all(result.file == "a.yaml" for result in info.value.results)
    return info.value.results


def refusal(text: str | bytes, **options: Any) -> Result:
    results = refused(text, **options)
    assert len(results) == 1
    return results[0]


# --- what is read


def test_documents_know_their_file_number_and_first_line() -> None:
    documents, _ = parse(f"# a comment\n{HEAD}---\n\n---\n{OURS}".encode(), "links.yaml")
    places = [(document.manifest["kind"], document.origin) for document in documents]
    assert places == [("ConfigMap", ("links.yaml", 0, 2)), ("AgentLink", ("links.yaml", 2, 8))]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "---\n---\n...\n", "null\n", "~", "\ufeff"])
def test_empty_documents_are_skipped(text: str) -> None:
    assert parse(text.encode(), "a.yaml") == ([], [])


def test_values_are_those_of_kubectl() -> None:
    text = "v: [1, 0777, 1_000, 1e3, 1.5, 22:22, \"on\", '1', 24h, true, ~, 2024-01-01T00:00:00Z]\n"
    assert one(HEAD + text)["v"] == [
        1, 511, 1000, 1000, 1.5, "22:22", "on", "1", "24h", True, None, "2024-01-01T00:00:00Z",
    ]  # fmt: skip


def test_the_order_of_keys_stays() -> None:
    assert list(one(HEAD + "z: 1\na: 2\nm: 3\n")) == ["apiVersion", "kind", "metadata", "z", "a", "m"]


def test_block_texts_keep_their_lines() -> None:
    assert one(HEAD + "a: |\n  x\n\n  y\nb: >-\n  x\n  y\nc: |+\n  x\n\n")["a"] == "x\n\ny\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_kubectl_takes(encoding: str) -> None:
    assert one((HEAD + "a: é😀\n").encode(encoding))["a"] == "é😀"


def test_windows_line_ends() -> None:
    manifest = one((HEAD + "a: b\nc: |\n  d\n  e\n").replace("\n", "\r\n"))
    assert (manifest["a"], manifest["c"]) == ("b", "d\ne\n")


def test_lists_are_taken_apart() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n"
        "- apiVersion: v1\n  kind: BList\n  items:\n  - {apiVersion: v1, kind: B, metadata: {name: b}}\n"
    )
    documents, _ = parse(text.encode(), "a.yaml")
    assert [(d.manifest["kind"], d.origin.index, d.origin.line) for d in documents] == [("A", 0, 4), ("B", 0, 10)]


def test_an_empty_list_is_nothing() -> None:
    assert parse(b"apiVersion: v1\nkind: List\nitems: []\n", "a.yaml") == ([], [])


def test_aliases_and_merges() -> None:
    manifest = one(HEAD + "a: &a {b: 1, c: 2}\nd: *a\ne: {<<: *a, c: 3}\nf: {<<: [{b: 9}, *a]}\n")
    assert manifest["d"] == {"b": 1, "c": 2}
    assert manifest["e"] == {"b": 1, "c": 3}
    assert manifest["f"] == {"b": 9, "c": 2}


def test_an_alias_is_a_copy_of_its_own() -> None:
    manifest = one(HEAD + "a: &a {b: [1]}\nc: *a\n")
    manifest["a"]["b"].append(2)
    assert manifest["c"] == {"b": [1]}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert one(HEAD + 'a: {"<<": {b: 1}}\n')["a"] == {"<<": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!str 1", "1"),
        ('!!int "1"', 1),
        ("!!float 1", 1),
        ("!!null ''", None),
        ("!!bool 'true'", True),
        ("! 12", "12"),
    ],
)
def test_tags_of_yaml_itself(text: str, value: Any) -> None:
    found = one(HEAD + f"v: {text}\n")["v"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("anchored", ["&a 12", "&a  12 # comment"])
def test_an_anchor_is_no_tag(anchored: str) -> None:
    assert one(HEAD + f"v: {anchored}\n")["v"] == 12


def test_number_keys_are_text_where_all_agree() -> None:
    assert one(HEAD + "data: {1: a, 8080: b, 2024-01-01: c}\n")["data"] == {"1": "a", "8080": "b", "2024-01-01": "c"}


def test_json() -> None:
    text = '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "x"}, "v": ["\\ud83d\\ude00", 1.0, 1.5, "on", null]}'
    assert one(text)["v"] == ["😀", 1, 1.5, "on", None]


def test_json_objects_one_after_another() -> None:
    text = '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "x"}}\n'
    documents, _ = parse((text + text).encode(), "a.json")
    assert [document.origin for document in documents] == [("a.json", 0, 1), ("a.json", 1, 2)]


def test_yaml_that_begins_like_json() -> None:
    assert one("{apiVersion: v1, kind: A, metadata: {name: x}}")["kind"] == "A"


def test_parse_value_reads_what_is_no_object() -> None:
    assert parse_value(b"- {op: remove, path: /a}", "p") == [{"op": "remove", "path": "/a"}]
    with pytest.raises(Refused, match="^expected one YAML document, found 2: take out the ---$"):
        parse_value(b"a\n---\nb", "p")
    with pytest.raises(Refused, match="^expected one YAML document, found 0: write it$"):
        parse_value(b"", "p")


# --- doubts


DOUBTS = [
    ("v: on", 'quote it: kubectl reads true, kustomize reads "on"', "v"),
    ("v: [a, n]", 'quote it: kubectl reads false, kustomize reads "n"', "v[1]"),
    ("v: {w: 2027-03-31}", 'quote it: kubectl reads "2027-03-31", kustomize reads a timestamp', "v.w"),
    ("y: 1", 'quote it: kubectl reads the key "true", kustomize reads "y"', "true"),
    ("v: {0777: 1}", 'quote it: kubectl reads the key "511", kustomize reads "0777"', 'v.511'),
    ("v: {1.0: 1}", 'quote it: kubectl reads the key "1", kustomize reads "1.0"', "v.1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "field"), DOUBTS)
def test_doubts_are_warnings_in_foreign_manifests(text: str, message: str, field: str) -> None:
    documents, results = parse((HEAD + text).encode(), "a.yaml")
    assert [(r.message, r.field, r.severity, r.line) for r in results] == [(message, field, WARNING, 4)]
    assert len(documents) == 1


@pytest.mark.parametrize(("text", "message", "field"), DOUBTS)
def test_doubts_are_errors_in_kgens_own(text: str, message: str, field: str) -> None:
    for result in (refusal(OURS + text), refusal(HEAD + text, strict=True)):
        assert (result.message, result.field, result.severity, result.line) == (message, field, ERROR, 4)


def test_doubts_in_a_list_belong_to_their_item() -> None:
    items = "".join("- " + head.replace("\n", "\n  ").rstrip() + "\n  v: on\n" for head in (HEAD, OURS))
    results = refused("apiVersion: v1\nkind: List\nitems:\n" + items)
    assert [(r.field, r.severity) for r in results] == [("items[0].v", WARNING), ("items[1].v", ERROR)]


def test_doubts_in_a_secret_do_not_show_it() -> None:
    text = HEAD.replace("ConfigMap", "Secret") + "stringData: {pin: 2024-01-01, word: on}\n"
    for document in (text, "apiVersion: v1\nkind: List\nitems:\n- " + text.replace("\n", "\n  ")):
        _, results = parse(document.encode(), "a.yaml")
        assert [r.message for r in results] == ["quote it: kubectl and kustomize read it differently"] * 2
        assert not any("2024" in str(r) for r in results)


# --- errors, with their exact messages

WRONG = [
    ("a: 1\na: 2", 'the key "a" stands twice in one mapping: keep one of them', "a", 5),
    ('data: {1: a, "1": b}', 'the key "1" stands twice in one mapping: keep one of them', "data.1", 4),
    ("a: {? [b] : c}", "a key has to be text, found a mapping or list: write { and [ of a text in quotes", 'a["?"]', 4),
    ("null: 1", "a key that is null is no text, and kubectl refuses it: quote it", "null", 4),
    ("a:\n  ? \n  : 1", "a key that is empty is no text, and kubectl refuses it: quote it", "a[\"\"]", 5),
    ("a: .nan", ".nan has no place in JSON, so the API server can not take it: quote it", "a", 4),
    ("a: -.inf", "-.inf has no place in JSON, so the API server can not take it: quote it", "a", 4),
    ("a: !foo b", "the tag !foo has no meaning in a manifest: take it away, or quote the text", "a", 4),
    ("a: !!binary aGk=", "the tag !!binary has no meaning in a manifest: take it away, or quote the text", "a", 4),
    ("a: !!set {b}", "the tag !!set has no meaning in a manifest: take it away, or quote the text", "a", 4),
    ("a: !!int b", "not int, although the tag !!int says so: take the tag away", "a", 4),
    ("a: &a {b: 1}\nc: {b: 2, <<: *a}",
     'the key "b" stands before the << that holds it too, and readers differ: put << first', 'c["<<"]', 5),
    ("a: {<<: b}", "<< stands once, with a mapping or a list of mappings: write the keys out", 'a["<<"]', 4),
    ("a: {<<: {b: 1}, <<: {c: 1}}",
     "<< stands once, with a mapping or a list of mappings: write the keys out", 'a["<<"]', 4),
    ("a:\n\tb: c", "not valid YAML: a tab indents this line; YAML takes spaces only: replace it", "", 5),
    ("a: b: c", "not valid YAML: mapping values are not allowed in this context: quote a value that holds a colon and a"
     " space, or check the indentation", "", 4),
    ("a: @b", "not valid YAML: found character that cannot start any token: quote a value that begins with @, `, % or a"
     " tab", "", 4),
    ("a: *b", "not valid YAML: found undefined alias: quote a value that begins with *", "", 4),
    ("a: &a b\nc: &a d", "not valid YAML: two anchors have one name: rename one of them", "", 5),
    ("a: \"\\q\"", "not valid YAML: found unknown escape character: use single quotes where backslashes are meant as"
     " they stand", "", 4),
    ("a: [", "not valid YAML: did not find expected node content: check the indentation and the quotes around here",
     "", 5),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "field", "line"), WRONG, ids=[row[0] for row in WRONG])
def test_wrong_yaml(text: str, message: str, field: str, line: int) -> None:
    result = refusal(HEAD + text + "\n")
    assert (result.message, result.field, result.line, result.severity) == (message, field, line, ERROR)


NEEDED = "every Kubernetes object has apiVersion, kind and metadata.name"
NO_OBJECTS = [
    ("- a", [f"a document has to be a mapping, found a list: {NEEDED}; put --- between two objects"]),
    ("text", [f"a document has to be a mapping, found text: {NEEDED}; put --- between two objects"]),
    ("1", [f"a document has to be a mapping, found a number: {NEEDED}; put --- between two objects"]),
    ("apiVersion: v1\nmetadata: {name: x}", [f"kind is missing: add it, e.g. kind: ConfigMap; {NEEDED}"]),
    ("kind: A\nmetadata: {name: x}", [f"apiVersion is missing: add it, e.g. apiVersion: v1; {NEEDED}"]),
    ("apiVersion: 1\nkind: A\nmetadata: {name: x}", ["apiVersion has to be text, found a number: put it in quotes"]),
    ("apiVersion: v1\nkind: A", [f"metadata is missing: add metadata: {{name: ...}}; {NEEDED}"]),
    ("apiVersion: v1\nkind: A\nmetadata: x", ["metadata has to be a mapping, found text: add metadata: {name: ...}"]),
    ("apiVersion: v1\nkind: A\nmetadata: {}", [f"metadata.name is missing: add it, e.g. name: my-object; {NEEDED}"]),
    ("apiVersion: v1\nkind: A\nmetadata: {name: 1}",
     ["metadata.name has to be text, found a number: put it in quotes"]),
    ("apiVersion: v1\nkind: A\nmetadata: {generateName: x-}",
     [f"metadata.name is missing: generateName gives a new object at every apply: write a fixed name; {NEEDED}"]),
    ("apiVersion: v1\nkind: A\nmetadata: {name: x, namespace: 1}",
     ["metadata.namespace has to be text, found a number: put it in quotes"]),
    ("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []",
     ["a ResourceList is the input of a KRM function: give it to `kgen fn`, or give the files themselves"]),
    ("spec: {from: a/b, to: c/d}",
     [f"apiVersion is missing: add it, e.g. apiVersion: v1; {NEEDED}",
      f"kind is missing: add it, e.g. kind: ConfigMap; {NEEDED}",
      f"metadata is missing: add metadata: {{name: ...}}; {NEEDED}"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "messages"), NO_OBJECTS, ids=[row[0] for row in NO_OBJECTS])
def test_what_is_no_object(text: str, messages: list[str]) -> None:
    assert [result.message for result in refused(text)] == messages


def test_everything_wrong_in_a_file_is_reported_at_once() -> None:
    results = refused(f"{HEAD}a: 1\na: !x 2\nb: off\n---\nkind: A\n---\n{HEAD}c: [\n")
    assert [(r.index, r.line, r.rule) for r in results] == [
        (0, 5, "duplicate-key"), (0, 5, "tag"), (0, 6, "ambiguous-scalar"),
        (1, 8, "manifest"), (1, 8, "manifest"), (2, 14, "yaml"),
    ]  # fmt: skip


def test_documents_before_an_error_are_read_too() -> None:
    results = refused(f"{HEAD}v: on\n---\na: [")
    assert [result.severity for result in results] == [WARNING, ERROR]


def test_a_file_that_is_no_text() -> None:
    result = refusal(HEAD.encode() + b"a: \xff\n")
    assert result.message == "not valid YAML: invalid leading UTF-8 octet: save the file as UTF-8 text"
    assert result.line == 4


def test_json_with_a_key_twice() -> None:
    result = refusal('{"apiVersion": "v1",\n "a": {"b": 1, "b": 2}}')
    assert (result.message, result.line) == ('the key "b" stands twice in one mapping: keep one of them', 1)


def test_json_with_half_a_character() -> None:
    text = '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "x"}, "v": "\\ud800"}'
    assert refusal(text).message == "half of a surrogate pair in a text: write the whole character"
    assert "in a key" in refusal('{"\\udc00": 1}').message


def test_objects_whose_kind_only_sounds_like_a_list() -> None:
    assert one("apiVersion: a/v1\nkind: AllowList\nmetadata: {name: x}\nspec: {}\nitems: []\n")["kind"] == "AllowList"
