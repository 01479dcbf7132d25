"""The data that admission asks: a pair more that no link asks for is a guardrail that got weaker."""

from typing import Any

import pytest

from kgen.manifests import Manifest
from tests.compare.build import closed, manifests, opened
from tests.proof.build import agent, thing

DATA = {
    "namespace": "x",
    "owned": "true",
    "agents": "*",
    "callees": "one x/two",
    "callers": "",
    "accounts": "one-sa\ntwo-sa",
    "pods": "app=kagent,kagent=one",
    "podSecurity": "restricted",
    "writers": "system:serviceaccount:argocd:controller",
    "verdicts": "agent.kagenti.dev/signature-verified",
}
AGENTS = [agent("one", "x", calls=[("x", "two")]), agent("two", "x"), agent("three", "x")]


def parameters(**changed: str) -> Manifest:
    return thing("ConfigMap", "admission.x.production", "kgen-system", data=DATA | changed)


def constraint(**changed: str) -> Manifest:
    lists = ("agents", "callees", "callers", "accounts", "pods", "writers", "verdicts")
    given: dict[str, Any] = {
        key: [one for one in value.split("\n") if one] if key in lists else value
        for key, value in (DATA | changed).items()
    }
    version = "constraints.gatekeeper.sh/v1beta1"
    spec = {"enforcementAction": "deny", "parameters": {"concern": "inside", **given}}
    return thing("kgenguard-production", "inside.x.production", "", version, spec=spec)


WEAKER = {
    "callees": ("one x/two\none x/three", "lets in the reference x/one to x/three, and no link asks for it"),
    "callers": ("other/one two", "lets in the reference other/one to x/two, and no link asks for it"),
    "writers": (DATA["writers"] + "\nsomebody", "somebody may write agents"),
    "accounts": ("one-sa", "two-sa is kept for its agent no more: any pod may run under it"),
    "agents": ("one", "* is governed no more: anybody may write it"),
    "pods": ("", "app=kagent,kagent=one are labels that any pod may carry now"),
    "verdicts": (
        "",
        "agent.kagenti.dev/signature-verified is kept for the operator no more: any pod may carry its verdict now",
    ),
    "podSecurity": ("baseline", "guardrail changed, not judged (podSecurity of its data): read it"),
}


@pytest.mark.parametrize("made", [parameters, constraint])
@pytest.mark.parametrize("key", WEAKER)
def test_data_that_lets_more_in_widens(made: Any, key: str) -> None:
    value, words = WEAKER[key]
    told = opened(manifests(*AGENTS, made()), manifests(*AGENTS, made(**{key: value})))
    assert told == [f"[x] guardrail x (admission: {words})"]


def test_data_that_lets_less_in_does_not() -> None:
    more = parameters(callees="one x/two\none x/three")
    base, head = manifests(*AGENTS, more), manifests(*AGENTS, parameters())
    assert opened(base, head) == []
    assert closed(base, head) == ["[x] guardrail x (admission: no longer lets in the reference x/one to x/three)"]


def test_data_that_follows_a_link_is_not_told_besides_the_link() -> None:
    linked = [agent("one", "x", calls=[("x", "two"), ("x", "three")]), *AGENTS[1:]]
    told = opened(manifests(*AGENTS, parameters()), manifests(*linked, parameters(callees="one x/three\none x/two")))
    assert told == ["[x] call x/one > x/three TCP 8080 (link; the network let it through before, too)"]


VAP = "admissionregistration.k8s.io/v1"


def test_a_policy_that_goes_with_its_binding_is_one_line() -> None:
    policy = thing("ValidatingAdmissionPolicy", "p", "", VAP, spec={"validations": []})
    spec = {"policyName": "p", "validationActions": ["Deny"]}
    binding = thing("ValidatingAdmissionPolicyBinding", "b", "", VAP, spec=spec)
    assert opened(manifests(policy, binding), manifests()) == [
        "guardrail ValidatingAdmissionPolicy p (ValidatingAdmissionPolicy p is gone)"
    ]
