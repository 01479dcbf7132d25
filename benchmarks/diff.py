"""What `kgen diff` costs against rendering both sides: 1000 links in two revisions of a repository.

    python -m benchmarks.diff [--kgen PROGRAM] [--links 1000]

Each program runs as a process of its own, and CPU time counts. One change is that of most pull requests, a link more;
the other one makes every namespace's guardrails go, so that everything has to be looked at. The target is at most
twice the time of rendering both. With a mesh the second one is more than that: every door is another on the two sides.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import topology
from benchmarks.run import ENVIRONMENT, run

SHAPES = {"four callers a callee": topology.ring, "each link its own two agents": topology.pairs}
MESH = "spec:\n  profile: Mesh\n  mesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}\n"
REPEAT = 5
EXTRA = """\
---
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {{name: one-more}}
spec: {{from: {0}, to: {1}}}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kgen", default=str(Path(sys.executable).with_name("kgen")), help="the program to measure")
    parser.add_argument("--links", type=int, default=1000)
    options = parser.parse_args()
    for words, edges in SHAPES.items():
        for head in ("spec:\n", MESH):
            title = words if head != MESH else f"{words}, in a mesh"
            with tempfile.TemporaryDirectory(prefix="kgen-bench-") as name:
                measure(options.kgen, Path(name), title, edges(options.links), head)
    return 0


def measure(kgen: str, folder: Path, words: str, edges: list[topology.Edge], head: str) -> None:
    """Three revisions, then interleaved repetitions; the best of each counts."""
    file = folder / "links.yaml"
    os.chdir(folder)  # whose repository kgen asks
    git(folder, "init", "-q")
    topology.write_links(file, edges)
    file.write_text(file.read_text().replace("spec:\n", head, 1))
    save(folder, "before")
    before = file.read_text()
    ends = [f"{one[0]}/{one[1]}" for one in (edges[0][0], edges[len(edges) // 2][1])]
    file.write_text(before + EXTRA.format(*ends))
    save(folder, "more")
    spaces = "".join(
        f"    {name}: {{management: Shared}}\n" for name in sorted({end[0] for edge in edges for end in edge})
    )
    file.write_text(before.replace("spec:\n", f"spec:\n  namespaces:\n{spaces}", 1))
    save(folder, "shared")
    calls = {
        "before": [kgen, "render", "-q", str(file)],
        "a link more": [kgen, "diff", "-q", "before..more", str(file)],
        "no namespace's own guardrails": [kgen, "diff", "-q", "before..shared", str(file)],
    }
    best: dict[str, float] = {}
    for _ in range(REPEAT):
        git(folder, "checkout", "-q", "before")
        for what, call in calls.items():
            spent = run(call, folder / "out").cpu
            best[what] = min(best.get(what, spent), spent)
    rendering = 2 * best.pop("before")
    print(f"{len(edges)} links, {words}: rendering both {rendering:.2f} s")
    for what, spent in best.items():
        print(f"  {what}: {spent:.2f} s = {spent / rendering:.2f} times")


def save(folder: Path, tag: str) -> None:
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", tag)
    git(folder, "tag", tag)


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, env={**ENVIRONMENT, "HOME": str(folder)}, check=True)


if __name__ == "__main__":
    sys.exit(main())
