"""What a proof costs: five links an agent, as kgen renders them, proven in a process of their own.

    python -m benchmarks.proof [Sidecar|Ambient [ZeroTrust]] [AGENTS ...]     (100, 1000 and 5000 where none is given)

With the mode of a mesh, of profile Mesh; with ZeroTrust of that one, with admission, workload identity and an egress
gateway; else of Baseline.

Time is CPU time of the proof alone, without rendering; memory is the whole process, the rendered bundle included.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CALLEES = 5
AGENTS_A_NAMESPACE = 10
PLATFORM = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: default}
spec:
  defaults:
    model: {provider: Anthropic, model: claude-sonnet-4-5, apiKeySecretRef: {name: anthropic, key: api-key}}
"""
MESH = """\
  profile: Mesh
  kagent: {{managePolicies: true}}
  mesh: {{mode: {mode}, istioCNI: true, kagentInMesh: true}}
"""
ZERO_TRUST = """\
  profile: ZeroTrust
  consent: NotRequired
  trustDomain: prod.example.com
  kagent: {{managePolicies: true}}
  mesh: {{mode: {mode}, istioCNI: true, kagentInMesh: true}}
  network: {{cni: Cilium, modelEgress: {{mode: FQDN, hosts: [api.anthropic.com]}}}}
  admission:
    trustedWriters:
    - system:serviceaccount:argocd:argocd-application-controller
    - system:serviceaccount:istio-system:istiod
  secrets:
    provider: ExternalSecrets
    remotePrefix: agents/
    vault: {{server: "https://vault.example.com:8200", path: secret, role: kgen, serviceAccountName: kgen-secrets}}
  workloadIdentity: {{className: spire-mgmt-spire, trustDomain: spire.example.com}}
  egressGateway:
    image: registry.example/authbridge@sha256:4f5c0dd2bd4d2a3b7e2a1f4c3e9a5d6b7c8091a2b3c4d5e6f708192a3b4c5d6e
    scope: Shared
"""
EXTRAS = {"": "", "Mesh": MESH, "ZeroTrust": ZERO_TRUST}


def text(agents: int, mode: str, profile: str) -> str:
    """The links, and what makes the agents."""
    parts = [PLATFORM + EXTRAS[profile].format(mode=mode)]
    for number in range(agents):
        define = '{description: "Works.", systemMessage: "You work."}'
        end = f"{{namespace: team-{number // AGENTS_A_NAMESPACE:04d}, name: agent-{number:05d}, define: {define}}}"
        following = _callees(number, agents)
        callees = ", ".join(f"team-{other // AGENTS_A_NAMESPACE:04d}/agent-{other:05d}" for other in following)
        to = f"  to: [{callees}]\n" if callees else ""
        parts.append(
            f"apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {{name: link-{number}}}\n"
            f"spec:\n  from: {end}\n{to}"
        )
    return "---\n".join(parts)


def _callees(caller: int, agents: int) -> list[int]:
    """Every second agent calls the next ten odd ones, so that no chain is longer than kagent allows."""
    return [(caller + step) % agents for step in range(1, 2 * CALLEES * 2, 2)] if caller % 2 == 0 else []


def measure(agents: int, mode: str, profile: str) -> None:
    """Renders, proves, and prints one line."""
    import os
    import tempfile

    from kgen.entry.cli import inputs, make_parser, render as command
    from kgen.manifests import Document
    from kgen.proof import Source, prove

    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "links.yaml")
        Path(file).write_text(text(agents, mode, profile))
        options = make_parser("render", command).parse_args([file, "--as-of", "2026-06-15"])
        bundle = inputs.render(inputs.read(options), inputs.date(options))
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in bundle.entries]
    before, started = time.process_time(), time.perf_counter()
    proof = prove(sources, bundle.topology)
    cpu, wall = time.process_time() - before, time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    links = len(bundle.topology.links)
    print(
        f"{agents:5d} agents, {links:5d} links: {cpu:6.2f} s CPU, {wall:6.2f} s, {memory:4.0f} MB, "
        f"{len(proof.world.endpoints)} classes, {proof.verdict}"
    )


def main() -> int:
    words = [word for word in sys.argv[1:] if not word.isdecimal()]
    mode = "".join(words[:1])
    profile = "".join(words[1:2]) or ("Mesh" if mode else "")
    sizes = [word for word in sys.argv[1:] if word.isdecimal()] or ["100", "1000", "5000"]
    if len(sizes) == 1:
        sys.path.insert(0, str(ROOT))
        measure(int(sizes[0]), mode, profile)
        return 0
    return max(subprocess.run([sys.executable, __file__, *words, size], check=False).returncode for size in sizes)


if __name__ == "__main__":
    sys.exit(main())
