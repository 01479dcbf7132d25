"""What kustomize renamed is refused, with the way that works."""

import pytest

from .build import lint, manifest

P = "internal.config.kubernetes.io/"


@pytest.mark.parametrize(
    "annotations, setting",
    [
        ({"previousNamespaces": "default", "previousNames": "l"}, ""),
        ({"previousNamespaces": "team-a", "previousNames": "l"}, "namespace:"),
        ({"previousNames": "k", "prefixes": "dev-"}, "namePrefix:"),
        ({"suffixes": "-v2"}, "nameSuffix:"),
        ({"previousNames": "k"}, "namePrefix: or nameSuffix:"),
        ({}, ""),
    ],
)
def test_a_link_without_a_namespace(annotations: dict[str, str], setting: str) -> None:
    link = manifest(
        "AgentLink", "l", "kgen.dev/v1alpha1", metadata={"annotations": {P + k: v for k, v in annotations.items()}}
    )
    found = lint("kustomize_traces", link)
    assert bool(found) == bool(setting)
    if found:
        assert found[0].message.startswith(f"kustomize's {setting} renamed this object, but not the names in its spec;")
        assert "write the names in spec (from, to) and give each environment its own Platform" in found[0].message


def test_a_namespace_given_by_kustomize_and_an_expanded_bundle() -> None:
    link = manifest(
        "AgentLink", "prod/l", "kgen.dev/v1alpha1", metadata={"annotations": {P + "previousNamespaces": "default"}}
    )
    assert "namespace:" in lint("kustomize_traces", link)[0].message
    policy = manifest("NetworkPolicy", "prod/p", metadata={"annotations": {P + "previousNamespaces": "team-a"}})
    assert "principals of the bundle" in lint("kustomize_traces", policy, layer="network")[0].message
    assert lint("kustomize_traces", policy) == []


def test_a_label_that_went_into_every_selector() -> None:
    """With it the policy selects no pod of kagent's, and in a namespace without default-deny all is open."""

    def policy(**labels: str) -> dict[str, object]:
        pods = {"matchLabels": {"app": "kagent", "kagent": "a", **labels}}
        peer = {"podSelector": {"matchLabels": {"k8s-app": "kube-dns", **labels}}}
        spec = {"podSelector": pods, "egress": [{"to": [peer]}], "policyTypes": ["Egress"]}
        return manifest("NetworkPolicy", "ns/a-egress", metadata={"labels": {"team": "x"}}, spec=spec)

    [found] = lint("kustomize_traces", policy(team="x"), layer="network")
    assert found.severity == "error"
    assert "put team=x into its selectors" in found.message
    assert found.message.endswith("use labels: without includeSelectors")
    assert lint("kustomize_traces", policy(), layer="network") == []
    assert lint("kustomize_traces", policy(team="x")) == [], "somebody's own policy may well do that"
