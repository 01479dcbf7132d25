"""PyYAML, imported without compiling the regular expressions of its parser in Python: kgen runs the one in C.

That is a fifth of what a small run costs. Whoever else uses PyYAML in this process finds them compiled at first use.
"""

from kgen.regexes import postponed

with postponed("yaml"):
    import yaml
    from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # in PyYAML, not in its type stubs
    except ImportError as error:  # pragma: no cover
        message = "kgen needs PyYAML with libyaml: install a PyYAML wheel, or libyaml's headers first"
        raise ImportError(message) from error

__all__ = ["CParser", "MappingNode", "Node", "ScalarNode", "SequenceNode", "yaml"]
