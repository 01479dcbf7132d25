"""kgen's evaluator and the brute-force reference decide alike, for every pair, protocol and port."""

import os

import pytest
from hypothesis import given, settings

from tests.oracle.asking import Evaluator
from tests.oracle.clusters import OUTSIDE, PORTS, clusters, tiered_clusters
from tests.oracle.reference import Cluster, Pod, allows


def compare(cluster: Cluster, pods: list[Pod]) -> None:
    evaluator = Evaluator(cluster, pods)
    ends: list[Pod | str] = [*pods, *OUTSIDE]
    for source in ends:
        for target in ends:
            if source is target or (isinstance(source, str) and isinstance(target, str)):
                continue  # a pod can not close itself to itself, and policies are for pods
            on_host = any(isinstance(end, Pod) and end.host_network for end in (source, target))
            for protocol in ("TCP", "UDP", "SCTP"):
                for port in PORTS:
                    certain, possible = evaluator.answers(source, target, protocol, port)
                    what = f"{source} to {target}, {protocol} {port}"
                    expected = allows(cluster, source, target, protocol, port)
                    if on_host:  # the documentation leaves plugins two ways: a promise holds in both
                        as_node = allows(cluster._replace(host_as_pod=False), source, target, protocol, port)
                        assert certain <= (expected and as_node), what
                        assert possible >= (expected or as_node), what
                    else:
                        assert certain is expected, what
                        assert possible is expected, what


@settings(max_examples=200)
@given(clusters())
def test_both_decide_alike(case: tuple[Cluster, list[Pod]]) -> None:
    compare(*case)


@pytest.mark.slow
@settings(max_examples=2000, derandomize=not os.environ.get("HYPOTHESIS_PROFILE"))
@given(clusters())
def test_both_decide_alike_in_many_cases(case: tuple[Cluster, list[Pod]]) -> None:
    compare(*case)


@settings(max_examples=60)
@given(tiered_clusters())
def test_both_decide_alike_with_policies_in_tiers(case: tuple[Cluster, list[Pod]]) -> None:
    compare(*case)


@pytest.mark.slow
@settings(max_examples=2000, derandomize=not os.environ.get("HYPOTHESIS_PROFILE"))
@given(tiered_clusters())
def test_both_decide_alike_with_policies_in_tiers_in_many_cases(case: tuple[Cluster, list[Pod]]) -> None:
    compare(*case)
