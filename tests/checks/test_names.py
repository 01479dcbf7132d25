"""Names that kagent would take over, and names that the API server refuses."""

import pytest

from kgen.checks import Context, External
from kgen.checks.names import wrong_name

from .build import agent, lint, manifest


@pytest.mark.parametrize(
    "api_version, kind, name",
    [
        ("v1", "Secret", "triage"),
        ("v1", "ServiceAccount", "triage"),
        ("v1", "Service", "triage"),
        ("apps/v1", "Deployment", "triage"),
        ("v1", "ConfigMap", "triage-skills-init"),
        ("external-secrets.io/v1", "ExternalSecret", "triage"),
    ],
)
def test_an_object_named_like_the_agent_next_to_it_is_an_error(api_version: str, kind: str, name: str) -> None:
    found = lint("names", manifest(kind, f"sales/{name}", api_version), agent("sales/triage"))
    assert [(r.severity, r.rule, r.kind, r.field) for r in found] == [("error", "agent-name", kind, "metadata.name")]
    assert "named like the Agent sales/triage next to it: kagent overwrites it" in found[0].message
    assert lint("names", manifest(kind, f"other/{name}", api_version), agent("sales/triage")) == []


def test_an_external_agent_counts_and_a_configmap_of_its_name_does_not() -> None:
    context = Context(externals=(External("sales", "triage", "Agent", "", {}),))
    assert lint("names", manifest("Secret", "sales/triage"), context=context)
    assert not lint("names", manifest("ConfigMap", "sales/triage"), context=context)


def test_an_external_secret_is_judged_by_the_secret_that_it_makes() -> None:
    elsewhere = manifest("ExternalSecret", "sales/triage", "external-secrets.io/v1", spec={"target": {"name": "key"}})
    assert lint("names", elsewhere, agent("sales/triage")) == []
    onto = manifest("ExternalSecret", "sales/key", "external-secrets.io/v1", spec={"target": {"name": "triage"}})
    assert "makes a Secret named like the Agent" in lint("names", onto, agent("sales/triage"))[0].message


def test_what_kagent_itself_made_is_left_alone() -> None:
    made = manifest("Secret", "sales/triage", metadata={"ownerReferences": [{"kind": "Agent", "name": "triage"}]})
    assert lint("names", made, agent("sales/triage")) == []


@pytest.mark.parametrize(
    "group, kind, name, why",
    [
        ("", "Secret", "a.b-c", ""),
        ("", "Secret", "A", "is no DNS-1123 name"),
        ("", "Secret", "a..b", "is no DNS-1123 name"),
        ("", "Secret", "a" * 254, "has 254 characters, at most 253"),
        ("", "Namespace", "a.b", "is no DNS-1123 label"),
        ("kagent.dev", "Agent", "a" * 64, "has 64 characters, at most 63"),
        ("rbac.authorization.k8s.io", "Role", "system:a", ""),
        ("rbac.authorization.k8s.io", "Role", "a/b", "holds / or %"),
    ],
)
def test_names_are_held_to_what_the_api_server_takes(group: str, kind: str, name: str, why: str) -> None:
    assert wrong_name(group, kind, name).startswith(why)
    assert bool(wrong_name(group, kind, name)) == bool(why)
