"""The layer namespaces: one object each, Pod Security as far as the namespace went."""

from tests.layers.build import built, instances, manifest, namespace, objects, topology


def test_an_owned_namespace_is_made_with_pinned_levels(built_in_problems):
    made = objects("namespaces", topology(namespaces=(namespace("team-alpha", team="alpha", labels={"cost": "42"}),)))
    assert made == {
        "Namespace team-alpha": manifest(
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: team-alpha
              labels:
                cost: "42"
                kgen.dev/team: alpha
                pod-security.kubernetes.io/enforce: restricted
                pod-security.kubernetes.io/enforce-version: v1.33
                pod-security.kubernetes.io/audit: restricted
                pod-security.kubernetes.io/audit-version: v1.33
                pod-security.kubernetes.io/warn: restricted
                pod-security.kubernetes.io/warn-version: v1.33
              annotations:
                argocd.argoproj.io/sync-options: Prune=false,Delete=false
            """
        )
    }
    assert built_in_problems(*made.values()) == []


def test_observe_warns_and_audits_and_refuses_nothing():
    made = objects("namespaces", topology(namespaces=(namespace("team-alpha", enforced=False),)))
    labels = made["Namespace team-alpha"]["metadata"]["labels"]
    assert labels == {
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "v1.33",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "v1.33",
    }


def test_only_owned_namespaces_get_an_object():
    shared, external = namespace("shared", management="Shared"), namespace("theirs", management="External")
    assert objects("namespaces", topology(namespaces=(shared, external))) == {}


def test_a_namespace_of_the_input_keeps_its_owners_sync_options():
    made = instances("namespaces", topology(namespaces=(namespace("team-alpha", presence="wired"),)))
    one = made["Namespace team-alpha"]
    assert one.presence == "wired"
    assert "annotations" not in built(one)["metadata"]


def test_a_user_can_not_lower_a_level_by_a_label():
    lowered = namespace("team-alpha", labels={"pod-security.kubernetes.io/enforce": "privileged"})
    made = objects("namespaces", topology(namespaces=(lowered,)))
    assert made["Namespace team-alpha"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_namespaces_come_first():
    made = instances("namespaces", topology(namespaces=(namespace("team-alpha"),)))
    assert made["Namespace team-alpha"].wave == -5


def test_a_namespace_joins_the_mesh_by_its_labels():
    made = objects(
        "namespaces", topology(namespaces=(namespace("team-alpha", mesh_labels={"istio-injection": "enabled"}),))
    )
    assert made["Namespace team-alpha"]["metadata"]["labels"]["istio-injection"] == "enabled"
