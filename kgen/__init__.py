"""kgen expands "agent A may call agent B" into the layered Kubernetes manifests that make it so."""
