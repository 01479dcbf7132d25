"""Documents to agents, namespaces and links: resolved, merged and judged; pure data for the layers."""

from kgen.topology.build import build

__all__ = ["build"]
