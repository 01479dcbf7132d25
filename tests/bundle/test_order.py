"""What others need comes first."""

import random

from kgen.bundle.order import kind_rank, sort_key, usual_wave, wave_of
from kgen.manifests import Identity, Manifest


def test_what_guards_comes_before_what_it_guards() -> None:
    kinds = [
        ("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition"), ("networking.k8s.io", "NetworkPolicy"),
        ("", "ServiceAccount"), ("", "Secret"), ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"), ("", "Service"), ("apps", "Deployment"),
        ("networking.k8s.io", "Ingress"), ("kagent.dev", "Agent"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ]  # fmt: skip
    ranks = [kind_rank(*kind) for kind in kinds]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_a_kind_of_somebodys_own_group_is_no_kind_of_kubernetes() -> None:
    assert kind_rank("serving.knative.dev", "Service") == kind_rank("kagent.dev", "Agent") > kind_rank("", "Service")
    assert kind_rank("", "Namespace") == 0 < kind_rank("example.com", "Namespace")


def test_order_is_by_wave_then_kind_then_group_then_place() -> None:
    expected = [
        (Identity("v1", "Namespace", "", "z"), -5),
        (Identity("networking.k8s.io/v1", "NetworkPolicy", "a", "a"), -4),
        (Identity("v1", "ServiceAccount", "a", "a"), -4),
        (Identity("v1", "Namespace", "", "a"), 0),
        (Identity("apps/v1", "Deployment", "b", "a"), 0),
        (Identity("a.dev/v1", "Agent", "b", "b"), 0),
        (Identity("a.dev/v1", "Agent", "c", "a"), 0),
        (Identity("b.dev/v1", "Agent", "a", "a"), 0),
        (Identity("v1", "Namespace", "", "b"), 2),
    ]
    mixed = expected[:]
    random.Random(7).shuffle(mixed)
    assert sorted(mixed, key=lambda pair: sort_key(*pair)) == expected


def test_the_wave_is_what_argo_cd_reads() -> None:
    def wave(value: object) -> int:
        return wave_of({"metadata": {"annotations": {"argocd.argoproj.io/sync-wave": value}}})

    values: list[object] = ["-4", "7", "", "x", None, []]
    assert [wave(value) for value in values] == [-4, 7, 0, 0, 0, 0]
    manifests: list[Manifest] = [{}, {"metadata": None}, {"metadata": {"annotations": []}}]
    assert [wave_of(manifest) for manifest in manifests] == [0, 0, 0]


def test_what_everything_needs_comes_first_without_a_wave_of_its_own() -> None:
    namespace, definition = (
        Identity("v1", "Namespace", "", "a"),
        Identity("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "agents.kagent.dev"),
    )
    assert [usual_wave(one) for one in (namespace, definition)] == [-5, -5]
    assert usual_wave(Identity("v1", "ConfigMap", "a", "b")) == 0
    assert usual_wave(Identity("tenancy.example/v1", "Namespace", "", "a")) == 0
