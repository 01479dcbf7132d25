"""Istio: who is in the mesh and as whom, which requests its policies let through, and where that is not what is asked.

Imported only where a manifest is one of Istio's.
"""
