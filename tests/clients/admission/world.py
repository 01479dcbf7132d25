"""The platform that the cases of admission are about, as kgen renders it for either engine."""

from pathlib import Path
from typing import Any

import kgen
from kgen.entry.cli import inputs, make_parser, render as render_command
from kgen.shared import own

Manifest = dict[str, Any]

ALPHA, BETA, SHARED, WATCHED, ELSEWHERE = "adm-alpha", "adm-beta", "adm-shared", "adm-watched", "adm-elsewhere"
ARGO = "system:serviceaccount:argocd:argocd-application-controller"  # the trusted writer
KAGENT = "system:serviceaccount:kagent:kagent-controller"
OPERATOR = "system:serviceaccount:kagenti-system:controller-manager"  # of the layer workload-identity
ANN = "ann"  # may do everything by RBAC, and is nobody special to kgen
PLATFORM = "cases"
HOME = "kgen-system"

INPUT = f"""
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {{name: {PLATFORM}}}
spec:
  layers: {{admission: Enabled, workload-identity: Enabled}}
  admission: {{engine: ENGINE, trustedWriters: ["{ARGO}", "{OPERATOR}"]}}
  workloadIdentity: {{className: spire, trustDomain: example.org, verification: Optional}}
  namespaces:
    {ALPHA}: {{}}
    {BETA}: {{}}
    {SHARED}: {{management: Shared}}
    {WATCHED}: {{enforcement: Observe}}
  defaults:
    model: {{provider: Anthropic, model: claude-sonnet-4-5, apiKeySecretRef: {{name: anthropic, key: api-key}}}}
---
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {{name: orchestrator, namespace: {ALPHA}}}
spec:
  from: {{name: orchestrator, define: {{description: Plans., systemMessage: Plan.}}}}
  to:
  - {{namespace: {BETA}, name: specialist, define: {{description: Knows., systemMessage: Know.}}}}
  - {SHARED}/helper
---
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {{name: storefront, namespace: {ALPHA}}}
spec:
  from:
    name: storefront
    kind: Deployment
    serviceAccountName: storefront
    podSelector: {{matchLabels: {{app: storefront}}}}
  to: {BETA}/specialist
---
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {{name: scout, namespace: {WATCHED}}}
spec:
  from: {{name: scout, define: {{description: Looks., systemMessage: Look.}}}}
"""


def admission_objects(engine: str, folder: Path) -> list[Manifest]:
    """What the layer makes of it, in the order of the bundle."""
    file = folder / "input.yaml"
    file.write_text(INPUT.replace("ENGINE", engine))
    options = make_parser("render", render_command).parse_args([str(file), "--as-of", "2026-06-15"])
    asked = inputs.read(options)
    bundle = kgen.render(asked.documents, asked.platform, layers=asked.layers, as_of="2026-06-15")
    built = [entry.build() for entry in bundle.entries]
    return [own(each) for each in built if layer_of(each) == "admission"]


def layer_of(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("labels", {}).get("kgen.dev/layer", ""))
