"""Measures what kgen adds to `kustomize build`: `python -m benchmarks.krm --kgen PROGRAM`.

Against a function that only imports PyYAML, reads the same ResourceList and writes the same one: what it writes is
kgen's own answer, recorded before, dumped by PyYAML's C emitter. What either adds is the CPU of `kustomize build`
with it, less that of a build which only lists the links; stricter, less that of one which lists the objects that come
of them. Repetitions are interleaved, the least of each counts. Nothing is asserted.
"""

import argparse
import json
import marshal
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import topology
from benchmarks.run import ROOT, Cost, Row, interpreter_of, run

FUNCTION = """\
#!{python}
import marshal, sys, yaml
yaml.load(sys.stdin.buffer, yaml.CSafeLoader)
with open({recorded!r}, "rb") as file:
    answer = marshal.load(file)
yaml.dump(answer, sys.stdout, yaml.CSafeDumper, sort_keys=False)
"""
PLATFORM = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata:
  name: default
  annotations:
    config.kubernetes.io/function: |
      exec: {function}
spec:
  defaults:
    model: {{provider: Anthropic, model: claude-sonnet-4-5, apiKeySecretRef: {{name: anthropic, key: api-key}}}}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kgen", default=str(Path(sys.executable).with_name("kgen")), help="the program to measure")
    parser.add_argument("--repeat", type=int, default=15, help="repetitions of each; the best counts (default 15)")
    parser.add_argument("--kustomize", default="kustomize@5.8.1", help="a client of scripts/clients.txt")
    options = parser.parse_args()
    found = subprocess.run(
        [ROOT / "scripts/clients", "--path", options.kustomize], capture_output=True, text=True, check=False
    )
    if found.returncode:
        sys.exit(found.stderr.strip())
    rows: list[Row] = []
    for what, links in (
        ("1 link of five lines", topology.ONE_LINK),
        ("1 link, both agents defined", links_of(1, defined=True)),
        ("30 links of five lines", links_of(30, defined=False)),
        ("30 links, all agents defined", links_of(30, defined=True)),
    ):
        with tempfile.TemporaryDirectory(prefix="kgen-bench-") as name:
            rows += measured(what, links, options.kgen, found.stdout.strip(), Path(name), options.repeat)
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for row in rows:
        print(f"{row.what:<{widths[0]}}  {row.measured:>{widths[1]}}  {row.target}".rstrip())
    return 0


def links_of(count: int, *, defined: bool) -> str:
    """That many documents; each link has two agents and two namespaces of its own."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "links.yaml"
        topology.write_links(file, topology.pairs(count))
        documents = file.read_text().split("---\n")[1:]  # without the Platform, which is the function's configuration
    if not defined:
        documents = [
            topology.ONE_LINK.replace("orchestrator-to-specialist", f"link-{i}")
            .replace("team-alpha", f"caller-{i:05d}")
            .replace("team-beta", f"callee-{i:05d}")
            for i in range(count)
        ]
    return "---\n".join(documents)


def measured(what: str, links: str, kgen: str, kustomize: str, folder: Path, repeat: int) -> list[Row]:
    """The rows of one input. The two functions have to come to the same objects."""
    python = interpreter_of(kgen)
    recorded = folder / "answer"
    reference = folder / "reference.py"
    reference.write_text(FUNCTION.format(python=python, recorded=str(recorded)))
    recorder = folder / "record.sh"
    recorder.write_text(f'#!/bin/sh\n"{kgen}-fn" | tee "{folder}/answer.json"\n')
    contestants = {
        "links": None,
        "kgen": f'{{path: "{kgen}-fn"}}',
        "reference": f'{{path: "{reference}"}}',
        "record": f'{{path: "{recorder}"}}',
    }
    for program in (reference, recorder):
        program.chmod(0o755)
    commands = {}
    for name, function in contestants.items():
        commands[name] = [*build(kustomize), kustomization(folder / name, links, function)]
    run(commands.pop("record"), folder / "record.out")
    recorded.write_bytes(marshal.dumps(json.loads((folder / "answer.json").read_text())))
    objects = folder / "objects"
    objects.mkdir()
    (objects / "links.yaml").write_text((folder / "record.out").read_text())
    (objects / "kustomization.yaml").write_text("resources: [links.yaml]\n")
    commands["objects"] = [*build(kustomize), str(objects)]

    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            costs[name].append(run(command, folder / f"{name}.out"))
    if len({(folder / f"{name}.out").read_bytes() for name in ("kgen", "reference", "objects")}) != 1:
        sys.exit(f"{what}: the two functions do not come to the same objects")
    best = {name: min(cost.cpu for cost in every) for name, every in costs.items()}
    count = (folder / "kgen.out").read_text().count("\nkind: ") or 1
    rows = [Row(f"{what}: kustomize build", f"{best['links'] * 1000:.0f} ms", f"{count} objects come of it")]
    for name, text in (("reference", "  PyYAML alone adds"), ("kgen", "  kgen adds")):
        added = best[name] - best["links"]
        rows.append(Row(text, f"{added * 1000:.0f} ms", ""))
    ratio = (best["kgen"] - best["links"]) / (best["reference"] - best["links"])
    strict = (best["kgen"] - best["objects"]) / (best["reference"] - best["objects"])
    rows.append(Row("  ratio", f"{ratio:.2f} x", "at most 1.6 x, aim 1.35 x"))
    rows.append(Row("  ratio, less what kustomize takes for the objects", f"{strict:.2f} x", ""))
    return rows


def build(kustomize: str) -> list[str]:
    return [kustomize, "build", "--enable-alpha-plugins", "--enable-exec"]


def kustomization(folder: Path, links: str, function: str | None) -> str:
    folder.mkdir()
    (folder / "links.yaml").write_text(links)
    lines = "resources: [links.yaml]\n"
    if function:
        (folder / "platform.yaml").write_text(PLATFORM.format(function=function))
        lines += "transformers: [platform.yaml]\n"
    (folder / "kustomization.yaml").write_text(lines)
    return str(folder)


if __name__ == "__main__":
    sys.exit(main())
