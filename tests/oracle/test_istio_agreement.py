"""kgen's reading of Istio and the brute-force reference decide alike, for every pair, port and request."""

import os

import pytest
from hypothesis import given, settings

from kgen.proof.istio import patterns
from tests.oracle.istio_asking import OUTSIDE, Evaluator
from tests.oracle.istio_clusters import METHODS, PATHS, PORTS, REQUESTS, meshes, waypoints
from tests.oracle.istio_reference import (
    Mesh,
    Workload,
    _path,
    allows,
    allows_by_service,
    allows_nameless,
    peer_mode,
    waypoint_of,
)


def compare(mesh: Mesh, workloads: list[Workload]) -> None:
    evaluator = Evaluator(mesh, workloads)
    for target in workloads:
        for source in (*workloads, OUTSIDE):
            if source is target:
                continue
            for port in PORTS:
                for request in (None, *REQUESTS):
                    certain, possible = evaluator.answers(source, target, port, request)
                    what = f"{source} to {target}, {port}, {request}"
                    expected = allows(mesh, source, target, port, request)
                    assert certain == expected, f"certain: {what}"
                    past_its_proxy = target.mode == "sidecar" or (
                        isinstance(source, Workload) and source.mode == "sidecar"
                    )
                    plain = peer_mode(mesh, target, port) in ("PERMISSIVE", "DISABLE")
                    if target.mode and plain and past_its_proxy:
                        expected = expected or allows_nameless(mesh, source, target, port, request)
                    assert possible == expected, f"possible: {what}"


@settings(max_examples=200)
@given(meshes())
def test_both_decide_alike(case: tuple[Mesh, list[Workload]]) -> None:
    compare(*case)


@pytest.mark.slow
@settings(max_examples=2000, derandomize=not os.environ.get("HYPOTHESIS_PROFILE"))
@given(meshes())
def test_both_decide_alike_in_many_cases(case: tuple[Mesh, list[Workload]]) -> None:
    compare(*case)


def compare_by_service(mesh: Mesh, workloads: list[Workload]) -> None:
    """Through the waypoint of each Service, and past it by the pods' addresses."""
    evaluator = Evaluator(mesh, workloads)
    if not evaluator.layers:
        return
    for service in mesh.services:
        for target in workloads:
            for source in (*workloads, OUTSIDE):
                if source is target:
                    continue
                for port in PORTS:
                    for request in (None, *REQUESTS):
                        answer = evaluator.by_service(source, service, target, port, request)
                        assert (answer is None) == (waypoint_of(mesh, service, target) is None)
                        if answer is None:
                            continue
                        what = f"{source} to {service}, {target}, {port}, {request}"
                        expected = allows_by_service(mesh, source, service, target, port, request)
                        assert answer[0] == expected, f"certain: {what}"
                        past_its_proxy = isinstance(source, Workload) and source.mode == "sidecar"
                        if past_its_proxy and peer_mode(mesh, target, port) in ("PERMISSIVE", "DISABLE"):
                            expected = expected or allows_nameless(mesh, source, target, port, request)
                        assert answer[1] == expected, f"possible: {what}"


@settings(max_examples=200)
@given(waypoints())
def test_both_decide_alike_about_waypoints(case: tuple[Mesh, list[Workload]]) -> None:
    compare(*case)
    compare_by_service(*case)


@pytest.mark.slow
@settings(max_examples=2000, derandomize=not os.environ.get("HYPOTHESIS_PROFILE"))
@given(waypoints())
def test_both_decide_alike_about_waypoints_in_many_cases(case: tuple[Mesh, list[Workload]]) -> None:
    compare(*case)
    compare_by_service(*case)


@pytest.mark.parametrize("pattern", PATHS)
def test_every_kind_of_path_is_told_apart(pattern: str) -> None:
    """A witness of each kind is matched by exactly the patterns that it stands for, and every request has one."""
    found = patterns.kinds(PATHS, True)
    bit = 1 << PATHS.index(pattern)
    for kind in found:
        assert bool(kind.matched & bit) == _path(pattern, kind.witness)
    vectors = {kind.matched for kind in found}
    for request in REQUESTS:
        assert sum(1 << at for at, one in enumerate(PATHS) if _path(one, request.path)) in vectors
    assert len({kind.matched for kind in patterns.kinds(METHODS)}) == len(patterns.kinds(METHODS))
