"""The order in which agents have to exist: a callee before its callers, because kagent never retries a refused
reference (kagent issue 2599)."""

from collections.abc import Callable

from kgen.topology.index import Key

Edges = dict[Key, list[Key]]
"""Callees of each caller, sorted."""


def cycles(edges: Edges) -> list[list[Key]]:
    """One cycle for each group of agents that call each other in a ring, each starting with its first agent."""
    found: list[list[Key]] = []
    state: dict[Key, int] = {}  # 1 while on the path, 2 when done
    for root in sorted(edges):
        if state.get(root):
            continue
        path: list[Key] = []
        stack: list[tuple[Key, int]] = [(root, 0)]
        while stack:
            node, position = stack.pop()
            if position == 0:
                state[node] = 1
                path.append(node)
            callees = edges.get(node, [])
            if position == len(callees):
                state[node] = 2
                path.pop()
                continue
            stack.append((node, position + 1))
            callee = callees[position]
            if state.get(callee) == 1:
                ring = path[path.index(callee) :]
                first = ring.index(min(ring))
                found.append(ring[first:] + ring[:first])
            elif not state.get(callee):
                stack.append((callee, 0))
    return found


def depths(agents: set[Key], edges: Edges) -> dict[Key, int]:
    """Links in the longest chain below each agent: 0 for one that calls nobody. The edges must have no cycle."""
    depth: dict[Key, int] = {}
    for root in agents:
        stack = [root]
        while stack:
            node = stack[-1]
            if node in depth:
                stack.pop()
                continue
            callees = edges.get(node, [])
            waiting = [callee for callee in callees if callee not in depth]
            if waiting:
                stack.extend(waiting)
                continue
            depth[node] = 1 + max((depth[callee] for callee in callees), default=-1)
            stack.pop()
    return depth


def longest_chain(start: Key, edges: Edges, depth: dict[Key, int]) -> list[Key]:
    """The agents of the longest chain from `start`, itself first."""
    chain = [start]
    deepest: Callable[[Key], tuple[int, Key]] = lambda key: (-depth[key], key)  # noqa: E731 - a key function
    while edges.get(chain[-1]):
        chain.append(min(edges[chain[-1]], key=deepest))
    return chain
