"""Measures what kgen costs against the targets: `make bench`, or `python -m benchmarks.run --kgen PROGRAM`.

Everything in one run, repetitions interleaved, so that a busy moment of the machine meets all contestants alike.
Nothing is asserted: the figures are for reading. This process stays small and imports nothing of kgen's, because
Linux counts the memory of the process that starts a program into that program's peak.
"""

import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks import topology

ROOT = Path(__file__).resolve().parent.parent
# the same bytes and the same work each time; nothing of the caller's environment that changes start-up
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    "SOURCE_DATE_EPOCH": "1767225600",
}


class Cost(NamedTuple):
    """What one run of a program took: user and system CPU seconds, peak resident memory in KB."""

    cpu: float
    memory: int


class Row(NamedTuple):
    what: str
    measured: str
    target: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kgen", default=str(Path(sys.executable).with_name("kgen")), help="the program to measure")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each; the best counts (default 5)")
    parser.add_argument("--links", type=int, default=10_000, help="the largest number of links (default 10000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kgen-bench-") as name:
        folder = Path(name)
        rows = [
            *start_up(options.kgen, folder),
            *against_helm(options.kgen, folder, options.repeat),
            *growth(options.kgen, folder, options.repeat, options.links),
        ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for row in rows:
        print(f"{row.what:<{widths[0]}}  {row.measured:>{widths[1]}}  {row.target}".rstrip())
    return 0


def start_up(kgen: str, folder: Path) -> list[Row]:
    """One link as a whole process, in instructions, which do not depend on what else the machine is doing."""
    five_lines, defined = folder / "five-lines.yaml", folder / "defined.yaml"
    five_lines.write_text(topology.ONE_LINK)
    topology.write_defined_link(defined)
    python = interpreter_of(kgen)
    bare = instructions([python, "-c", "pass"])
    rows = [Row("python -c pass", f"{bare / 1e6:.1f} M instructions", "")]
    for what, file in (("the five-line link", five_lines), ("one link, both agents defined", defined)):
        count = instructions([python, kgen, "render", str(file)])
        rows.append(Row(what, f"{count / 1e6:.1f} M = {count / bare:.2f} x", "at most 7 x, aim 5 x"))
    return rows


def against_helm(kgen: str, folder: Path, repeat: int) -> list[Row]:
    """1000 links with all checks, against a chart that renders the same kinds and number of objects."""
    found = subprocess.run([ROOT / "scripts/clients", "--path", "helm"], capture_output=True, text=True, check=False)
    if found.returncode:
        return [Row("1000 links against helm template", "not measured", found.stderr.strip())]
    helm = found.stdout.strip()
    rows = []
    for what, edges in (
        ("each link its own two agents and namespaces", topology.pairs(1000)),
        ("4 callers a callee, 10 agents a namespace", topology.ring(1000)),
    ):
        links, values = folder / "links.yaml", folder / "values.yaml"
        topology.write_links(links, edges)
        topology.write_values(values, edges)
        chart = str(ROOT / "benchmarks/helm-chart")
        contestants = {
            "kgen": [kgen, "render", str(links)],
            "helm": [helm, "template", "bench", chart, "--values", str(values)],
        }
        best = interleaved(contestants, folder, repeat)
        counts = {name: kinds(folder / f"{name}.out") for name in contestants}
        ratio = best["kgen"].cpu / best["helm"].cpu
        same = f"{sum(counts['kgen'].values())} objects each"
        if counts["kgen"] != counts["helm"]:
            same = f"NOT the same objects: {counts['kgen']} against {counts['helm']}"
        rows.append(Row(f"1000 links, {what}: helm template", f"{best['helm'].cpu:.3f} s", same))
        rows.append(Row("  kgen render", f"{best['kgen'].cpu:.3f} s = 1/{1 / ratio:.1f}", "at most 1/4, aim 1/6"))
    return rows


def growth(kgen: str, folder: Path, repeat: int, most: int) -> list[Row]:
    """How cost and memory grow with the number of links, at the same density of callers and namespaces."""
    sizes = [100, 1000, most]
    contestants = {}
    for size in sizes:
        file = folder / f"ring-{size}.yaml"
        topology.write_links(file, topology.ring(size))
        contestants[str(size)] = [kgen, "render", str(file)]
    best = interleaved(contestants, folder, repeat)
    rows = [
        Row(f"{size} links", f"{best[str(size)].cpu:.3f} s, {best[str(size)].memory / 1024:.0f} MB", "")
        for size in sizes
    ]
    for low, high in zip(sizes, sizes[1:], strict=False):
        exponent = math.log(best[str(high)].cpu / best[str(low)].cpu) / math.log(high / low)
        rows.append(Row(f"growth {low} to {high}", f"power {exponent:.3f}", "at most 1.05"))
    each = (best[str(most)].memory - best["100"].memory) / (most - 100)
    rows.append(Row("memory a link, output to a file", f"{each:.1f} KB", "at most 10 KB"))
    return rows


def interleaved(contestants: dict[str, list[str]], folder: Path, repeat: int) -> dict[str, Cost]:
    """The least CPU and memory of each over all repetitions; its output is left in `folder/NAME.out`."""
    costs: dict[str, list[Cost]] = {name: [] for name in contestants}
    for _ in range(repeat):
        for name, command in contestants.items():
            costs[name].append(run(command, folder / f"{name}.out"))
    return {name: Cost(min(c.cpu for c in all_), min(c.memory for c in all_)) for name, all_ in costs.items()}


def run(command: list[str], output: Path) -> Cost:
    with output.open("wb") as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors, stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{errors.read(4000).decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def instructions(command: list[str]) -> int:
    """Instructions of a whole process by callgrind, after a run that leaves Python's own caches filled."""
    subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--", *command]
    try:
        done = subprocess.run(valgrind, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    except FileNotFoundError:
        sys.exit("valgrind is not here: install the package valgrind")
    text = done.stderr.decode(errors="replace")
    found = re.search(r"Collected : (\d+)", text)
    if done.returncode or not found:
        sys.exit(f"{' '.join(command)} under valgrind ended with {done.returncode}:\n{text[-4000:]}")
    return int(found.group(1))


def interpreter_of(script: str) -> str:
    """The Python in the first line of an installed console script."""
    with open(script) as file:
        return file.readline().removeprefix("#!").strip()


def kinds(file: Path) -> dict[str, int]:
    """How many objects of each kind a stream of manifests holds."""
    counts: dict[str, int] = {}
    with file.open() as lines:
        for line in lines:
            if line.startswith("kind: "):
                kind = line.split()[1]
                counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
