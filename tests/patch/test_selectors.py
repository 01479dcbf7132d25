"""Targets of patches select what kustomize selects."""

from typing import Any

import pytest

from kgen.manifests import Identity
from kgen.patch.selectors import compile_selector

POLICY = Identity("networking.k8s.io/v1", "NetworkPolicy", "team-alpha", "orchestrator-egress")
SERVICE = Identity("v1", "Service", "team-alpha", "web")


@pytest.mark.parametrize(
    ("target", "policy", "service"),
    [
        ({"kind": "NetworkPolicy"}, True, False),
        ({"kind": "Network"}, False, False),  # whole, not a part
        ({"kind": "NetworkPolicy|Service"}, True, True),
        ({"name": ".*-egress"}, True, False),
        ({"name": "(web|orchestrator)(-egress)?"}, True, True),
        ({"group": "networking.k8s.io", "version": "v1"}, True, False),
        ({"version": "v[0-9]"}, True, True),
        ({"namespace": "team-alpha"}, True, True),
        ({"namespace": "team-beta"}, False, False),
        ({"group": "", "kind": "", "name": "web"}, False, True),  # empty matches everything
    ],
)
def test_identities(target: dict[str, Any], policy: bool, service: bool) -> None:
    selector = compile_selector(target)
    assert (selector.matches_identity(POLICY), selector.matches_identity(SERVICE)) == (policy, service)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("app=web", True),
        ("app==web,tier!=front", True),
        ("app = web , tier", False),
        ("app!=web", False),
        ("tier!=front", True),
        ("app in (web, api)", True),
        ("app notin (web,api)", False),
        ("tier notin (x)", True),
        ("app", True),
        ("!app", False),
        ("!tier,app in (web),a.b/c=", True),
        ("", True),
    ],
)
def test_labels(text: str, matches: bool) -> None:
    labels = {"app": "web", "a.b/c": ""}
    manifest = {"metadata": {"labels": labels}}
    assert compile_selector({"labelSelector": text}).matches_metadata(manifest) is matches
    assert (
        compile_selector({"annotationSelector": text}).matches_metadata({"metadata": {"annotations": labels}})
        is matches
    )


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"name": "(a+)+"}, "target.name repeats a group: repeat a single character or class instead, as in [a-z-]*"),
        ({"name": "a*a*a*"}, "target.name has more than 2 repetitions (* + {})"),
        ({"name": "a?" * 7}, "target.name has more than 3 groups or 6 optional parts"),
        ({"name": "(a|a)(a|a)(a|a)(a|a)"}, "target.name has more than 3 groups or 6 optional parts"),
        ({"kind": "(?=a)b"}, "target.kind uses a back-reference or look-around, which kustomize does not have either"),
        ({"kind": r"(a)\1"}, "target.kind uses a back-reference or look-around, which kustomize does not have either"),
        ({"name": "a" * 257}, "target.name is longer than 256 characters"),
        ({"name": "(a"}, "target.name is no regular expression (missing ), unterminated subpattern at position 0)"),
        (
            {"labelSelector": "a=b c=d"},
            "target.labelSelector is no selector: write key=value, key in (a, b), key or !key, with commas",
        ),
        (
            {"annotationSelector": "a in b"},
            "target.annotationSelector is no selector: write key=value, key in (a, b), key or !key, with commas",
        ),
    ],
)
def test_what_is_no_target(target: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError) as error:
        compile_selector(target)
    assert str(error.value) == reason


def test_quantifiers_in_a_class_are_characters() -> None:
    assert compile_selector({"name": "[]*+?(){}a-]*"}).matches_identity(SERVICE._replace(name="a-*+?]"))
