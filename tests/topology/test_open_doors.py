"""Secrets in clear are refused, and egress wider than it reads is said."""

import pytest

from kgen.results import Refused
from tests.topology.build import build, call, link
from tests.topology.samples import PROMPT, planner

PASSWORD = "hunter2hunter2"
MODEL = "model: {provider: OpenAI, model: m, %s}"


@pytest.mark.parametrize(
    "body, platform, field, message",
    [
        (
            PROMPT + ", " + MODEL % f"baseUrl: 'https://u:{PASSWORD}@llm.example'",
            "",
            "spec.from.define.model.baseUrl",
            "holds a password, which would be in the ModelConfig in clear: leave it out and use apiKeySecretRef",
        ),
        (
            PROMPT + ", " + MODEL % f"parameters: {{apiKey: {PASSWORD}}}",
            "",
            "spec.from.define.model.parameters.apiKey",
            "looks like a secret and would be in the ModelConfig in clear: use apiKeySecretRef",
        ),
        (
            f"image: i, env: [{{name: DSN, value: 'postgres://u:{PASSWORD}@db/x'}}]",
            "",
            "spec.from.define.env[0].value",
            "the address in DSN holds a password, which would be in git in clear: put the whole address into a Secret "
            "and use valueFrom: {secretKeyRef: {name: ..., key: ...}}",
        ),
        (
            PROMPT,
            f"defaults: {{model: {{provider: OpenAI, model: m, baseUrl: 'https://u:{PASSWORD}@llm.example'}}}}",
            "spec.defaults.model.baseUrl",
            "holds a password, which would be in the ModelConfig in clear: leave it out and use apiKeySecretRef",
        ),
    ],
)
def test_a_secret_in_clear_is_refused_and_not_shown(body: str, platform: str, field: str, message: str) -> None:
    with pytest.raises(Refused) as caught:
        build(planner(body), platform)
    assert [(r.field, r.message) for r in caught.value.results if r.rule == "literal-secret"] == [(field, message)]
    assert PASSWORD not in repr(caught.value.results)


def test_addresses_and_parameters_without_a_secret_pass() -> None:
    build(planner(PROMPT + ", " + MODEL % "baseUrl: 'https://team@llm.example', parameters: {maxTokens: 5}"))


@pytest.mark.parametrize(
    "text, platform, rule, message",
    [
        (
            link("from: alpha/planner\negress: [{cidr: 0.0.0.0/0}]"),
            "",
            "wide-egress",
            "0.0.0.0/0 takes in private networks and the cluster itself: name the block that is meant, or use `host` "
            "for public addresses alone",
        ),
        (
            link("from: alpha/planner\negress: [{cidr: 169.254.169.254/32, ports: [80]}]"),
            "",
            "wide-egress",
            "169.254.169.254/32 is link-local: on the large clouds the node's credentials are served there",
        ),
        (
            call("alpha/planner", "beta/writer"),
            "layers: {network: Disabled}",
            "network-disabled",
            "without it nothing isolates an agent's pods: any pod calls any agent, whatever the links say",
        ),
        (
            link("from: alpha/planner\negress: [{host: api.example.com}]"),
            "network: {cni: Cilium, dns: {flavor: NodeLocal}}",
            "names-past-the-proxy",
            "found NodeLocal with egress by name: lookups that go to the node's cache pass Cilium's DNS proxy by, so "
            "that names open nothing; use Cilium's local redirect policy, and KubeDNS here",
        ),
    ],
)
def test_what_is_wider_than_it_reads_is_said(text: str, platform: str, rule: str, message: str) -> None:
    [result] = [result for result in build(text, platform).results if result.rule == rule]
    assert (result.severity, result.message) == ("warning", message)
