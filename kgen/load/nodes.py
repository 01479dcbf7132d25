"""Walks over YAML nodes: the line of a path, the path of a node. Only messages need them."""

from kgen.load.pyyaml import MappingNode, Node, ScalarNode, SequenceNode
from kgen.load.scalars import key
from kgen.manifests import Path


def line_of(root: Node, path: Path) -> int:
    """First line of the value at a path, counted from 1; of its nearest parent where the path does not exist."""
    node = root
    line: int = node.start_mark.line + 1
    for step in path:
        if isinstance(node, MappingNode):
            for name, value in reversed(node.value):
                if isinstance(name, ScalarNode) and _key_text(name) == step:
                    node, line = value, name.start_mark.line + 1
                    break
            else:
                return line
        elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _key_text(node: ScalarNode) -> str:
    if node.style or node.tag is not None:
        return str(node.value)
    try:
        return key(node.value)
    except ValueError:
        return str(node.value)


def paths_of(root: Node, wanted: set[int]) -> dict[int, Path]:
    """The first path of each wanted node (by id); a key has the path of its value."""
    paths: dict[int, Path] = {}
    seen: set[int] = set()
    rest: list[tuple[Node, Path]] = [(root, ())]
    while rest and len(paths) < len(wanted):
        node, path = rest.pop()
        if id(node) in wanted:
            paths.setdefault(id(node), path)
        if id(node) in seen or isinstance(node, ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            for name, value in reversed(node.value):
                below = (*path, _key_text(name) if isinstance(name, ScalarNode) else "?")
                rest.append((value, below))
                rest.append((name, below))
        elif isinstance(node, SequenceNode):
            rest.extend((item, (*path, i)) for i, item in reversed(list(enumerate(node.value))))
    return paths
