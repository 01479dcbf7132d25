"""Layers as functions: structural templates, translated once, instantiated over the topology."""

from kgen.expand.instantiate import Instance, instantiate
from kgen.expand.layer import Layer, Template
from kgen.expand.registry import compile_layer
from kgen.expand.values import use_emitter

__all__ = ["Instance", "Layer", "Template", "compile_layer", "instantiate", "use_emitter"]
