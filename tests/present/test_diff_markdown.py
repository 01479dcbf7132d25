"""The comment of a pull request: nothing that a manifest says becomes markup, and it is never too long."""

import re

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from kgen.compare.differences import (
    ADDED,
    CALL,
    CHANGED,
    FLOW,
    GUARDRAIL,
    Access,
    Comparison,
    FieldChange,
    ObjectChange,
)
from kgen.manifests import Identity
from kgen.present import diff_markdown, diff_text
from kgen.present.diff_markdown import LIMIT, MARKER, markdown, plain

HOSTILE = (
    *(
        "@team/everybody",
        "<!-- kgen diff -->",
        "</details><h1>fine</h1>",
        "a | b | c |",
        "`code` ```",
        "[x](http://evil)",
    ),
    *(
        "![x](http://evil/p.png)",
        "#12 owner/repo#1 GH-3 !4 $5 %6 ~label",
        "a\n\n# heading\n/close",
        "**bold** __x__ ~~y~~",
    ),
    *(
        "https://evil.example/x",
        "www.evil.example",
        "user@example.com",
        "\x1b[31mred",
        "\u202egnp",
        "&lt;b&gt; &#64;me",
    ),
)


def access(text: str, widens: bool = True, kind: str = CALL) -> Access:
    return Access(widens, kind, text, text, text, text, text)


def changed(text: str) -> ObjectChange:
    identity = Identity("v1", "Widget", "x", text)
    return ObjectChange(CHANGED, identity, identity, (FieldChange(text, text, text + "2"),), "", "x")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_manifest_says_is_only_text(text: str) -> None:
    found = Comparison((access(text), access(text, False), access(text, True, FLOW)), (changed(text),), 1, (text,))
    page = markdown(found, text, text)
    assert page.count("<!--") == 1
    assert page.startswith(MARKER + "\n")
    without = re.sub(r"&#\d+;", "", page.removeprefix(MARKER))
    assert re.findall(r"</?[a-z0-9]+>", without) == ["<details>", "<summary>", "</summary>", "</details>"] * 3
    assert "<" not in re.sub(r"</?(details|summary)>", "", without)
    for sign in "@`[]!\\*_":
        assert sign not in without.replace("### ", "").replace("## ", "")
    assert not re.search(r"(?m)^/", page)
    assert "://" not in page
    assert "www." not in page
    rows = [line for line in page.splitlines() if line.startswith("| ") and "---" not in line]
    assert {line.count("|") for line in rows} == {7}


def test_plain_reads_as_what_it_was() -> None:
    import html

    for text in ("a.b/c-d", "x[0].y", "a@b", "1 < 2 & 3 > 2"):
        assert html.unescape(plain(text)).replace("\u2060", "") == text


def test_a_comment_is_never_longer_than_a_forge_takes_and_says_what_is_cut() -> None:
    many = tuple(access(f"team-{number}/{'x' * 40}", number % 2 == 0) for number in range(2000))
    found = Comparison(many, tuple(changed(f"object-{number}") for number in range(2000)), 0)
    page = markdown(found, "a", "b")
    assert len(page) <= LIMIT
    assert page.count("<details>") == page.count("</details>")
    [cut] = re.findall(r"\*\*Cut here: (.*) more than a comment holds", page)
    assert "changes" in cut
    assert "2000 objects" in cut


def test_what_opens_is_there_before_anything_is_cut() -> None:
    objects = tuple(changed(f"object-{number}" * 20) for number in range(500))
    page = markdown(Comparison((access("widening"),), objects, 0), "a", "b")
    assert page.index("widening") < page.index("Objects:")
    assert "objects more than a comment holds" in page


def test_text_for_a_terminal_has_no_control_characters() -> None:
    for text in HOSTILE:
        found = Comparison((access(text),), (changed(text),), 1, (text,))
        assert not set("\x1b\u202e") & set(diff_text.text(found, text, text))


class Page(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "md"


def test_the_comment_of_a_small_change(snapshot: SnapshotAssertion) -> None:
    policy = Identity("networking.k8s.io/v1", "NetworkPolicy", "team-beta", "specialist-ingress")
    found = Comparison(
        (
            Access(True, GUARDRAIL, "gamma", "", "team-gamma", "", "its last link is gone"),
            Access(True, CALL, "beta", "team-alpha/orchestrator", "team-beta/specialist", "TCP 8080", "link"),
            Access(True, FLOW, "beta", "team-beta/specialist", "cluster DNS", "TCP 53, UDP 53", "for dns"),
            Access(False, CALL, "gamma", "team-alpha/orchestrator", "team-gamma/auditor", "TCP 8080", "link"),
        ),
        (
            ObjectChange(
                CHANGED,
                policy,
                None,
                (
                    FieldChange("spec.ingress[0].ports[0].port", "8080", "9090"),
                    FieldChange("metadata.annotations.note", "", "", True),
                    FieldChange("spec.egress[0]", None, "{to: []}"),
                    FieldChange("spec.egress[1]", "{to: []}", None),
                ),
                "network",
                "beta",
            ),
            ObjectChange(ADDED, Identity("v1", "ServiceAccount", "team-beta", "x-sa"), None, (), "identity", "beta"),
        ),
        40,
    )
    assert diff_markdown.markdown(found, "main", "feature") == snapshot(extension_class=Page)
