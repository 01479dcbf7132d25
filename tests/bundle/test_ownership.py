"""What kgen made before leaves the input; what somebody else made stays as it was."""

import pytest

from kgen.bundle.ownership import is_output, release, stamp
from kgen.patch.merge import merge
from kgen.results import Refused
from tests.bundle.fakes import document, manifest


def test_outputs_and_merges_of_earlier_runs_leave_the_input() -> None:
    own = manifest("Service", "a/web", metadata={"labels": {"app.kubernetes.io/managed-by": "kgen"}})
    theirs = manifest("Service", "a/api", metadata={"labels": {"kgen.dev/layer": "network"}})
    agent = manifest("Agent", "a/agent", "kagent.dev/v1alpha2", spec={"description": "x"})
    wired, _ = merge(agent, manifest("Agent", "a/agent", "kagent.dev/v1alpha2", spec={"tools": [1]}), {})
    output = stamp(manifest("NetworkPolicy", "a/deny", "networking.k8s.io/v1"), "network", 0)
    documents = [document(value) for value in (own, output, theirs, wired)]
    assert [kept.manifest for kept in release(documents)] == [own, theirs, agent]
    assert release(documents)[0] is documents[0]


@pytest.mark.parametrize("metadata", [None, {}, {"labels": None}, {"labels": []}, {"labels": {}}])
def test_an_object_without_labels_is_nobodys_output(metadata: object) -> None:
    assert not is_output({"metadata": metadata})


def test_all_invalid_records_are_told_with_their_files() -> None:
    def broken(name: str) -> object:
        return document(manifest("Agent", name, metadata={"annotations": {"kgen.dev/wired": "x"}}), f"{name}.yaml", 4)

    with pytest.raises(Refused) as refused:
        release([broken("a"), document(manifest("Service", "b")), broken("c")])  # type: ignore[list-item]
    assert [(r.file, r.line, r.name, r.rule) for r in refused.value.results] == [
        ("a.yaml", 4, "a", "wired-record"),
        ("c.yaml", 4, "c", "wired-record"),
    ]


def test_a_stamp_keeps_what_is_there_and_changes_no_shared_value() -> None:
    labels, annotations = {"team": "alpha"}, {"note": "x"}
    value = manifest("Service", "a/web", metadata={"labels": labels, "annotations": annotations})
    stamped = stamp(value, "network", -4)
    assert stamped["metadata"] == {
        "name": "web",
        "namespace": "a",
        "labels": {"team": "alpha", "app.kubernetes.io/managed-by": "kgen", "kgen.dev/layer": "network"},
        "annotations": {"note": "x", "argocd.argoproj.io/sync-wave": "-4"},
    }
    assert (labels, annotations) == ({"team": "alpha"}, {"note": "x"})


def test_labels_come_before_annotations() -> None:
    stamped = stamp(manifest("Service", "a/web", metadata={"annotations": {"note": "x"}}), "network", 0)
    assert list(stamped["metadata"]) == ["name", "namespace", "labels", "annotations"]
