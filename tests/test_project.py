"""The project's own rules: layout, purity of the stages, pinned requirements, links in the documents."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path for path in (ROOT / "kgen").rglob("*.py") if "compiled" not in path.parts)
DOCUMENTS = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
)
STAGES = (
    "kinds",
    "load",
    "runtimes",
    "topology",
    "expand",
    "patch",
    "bundle",
    "checks",
    "proof",
    "compare",
    "present",
    "entry",
)

# what only load/ (reads) and entry/ (writes; environment, date) may use
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__"}
IMPURE_MODULES = {
    "os",
    "sys",
    "io",
    "pathlib",
    "shutil",
    "subprocess",
    "tempfile",
    "time",
    "datetime",
    "random",
    "socket",
}
MAY = {
    "checks/__init__.py": "imports lints by the names of its own tuple",
    "expand/compile.py": "is run while a package is built",
    "expand/registry.py": "runs what the translator made of a user's own layer",
    "expand/trace.py": "runs the translator's tracing form of one template",
    "kinds/__init__.py": "reads kgen's own generated schema",
}


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "base", "misc"}
    assert not [path for path in MODULES if path.stem in vague]


def test_a_module_holds_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 400
    }
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    mute = [str(path.relative_to(ROOT)) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not mute


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("load", "entry")])
def test_a_stage_between_load_and_entry_neither_reads_nor_writes(stage: str) -> None:
    found = []
    for path in sorted((ROOT / "kgen" / stage).rglob("*.py")):
        name = path.relative_to(ROOT / "kgen").as_posix()
        if "compiled" in path.parts or name in MAY:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
                found.append(f"{name}:{node.lineno} calls {node.func.id}")
            if isinstance(node, ast.Import):
                found += [
                    f"{name}:{node.lineno} imports {a.name}" for a in node.names if _root(a.name) in IMPURE_MODULES
                ]
            if isinstance(node, ast.ImportFrom) and _root(node.module or "") in IMPURE_MODULES:
                found.append(f"{name}:{node.lineno} imports from {node.module}")
    assert not found


def _root(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("name", ["install", "test", "lowest"])
def test_requirements_are_pinned_by_hash_and_name_no_registry(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    pins = re.findall(r"(?m)^([a-z0-9][\w.-]*)(\[[^\]]*\])?==\S+.*\\\n    --hash=sha256:", text)
    assert len(pins) == len(re.findall(r"(?m)^[a-z0-9]", text)) > 5
    assert "://" not in text
    assert "index" not in re.sub(r"(?m)^.*#.*$", "", text)


def test_the_lowest_versions_tried_are_those_that_the_package_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {*project["dependencies"], *sum(project["optional-dependencies"].values(), [])}
    tried = set((ROOT / "requirements/lowest.in").read_text().splitlines())
    assert declared <= tried


def test_the_version_has_one_place() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert not [path for path in MODULES if re.search(rf"[\"']{re.escape(version)}[\"']", path.read_text())]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_in_documents_lead_somewhere(document: Path) -> None:
    text = re.sub(r"(?s)```.*?```", "", document.read_text())
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert not [target for target in targets if target and not (document.parent / target).exists()]


def anchors(document: Path) -> set[str]:
    """The names that a forge gives to the headings of a document."""
    text = re.sub(r"(?s)```.*?```", "", document.read_text())
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_a_heading_lead_to_one(document: Path) -> None:
    text = re.sub(r"(?s)```.*?```", "", document.read_text())
    targets = [target.partition("#") for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    lost = [
        f"{file}#{heading}"
        for file, mark, heading in targets
        if mark and heading not in anchors(document.parent / file if file else document)
    ]
    assert not lost


def test_every_client_is_one_line_of_name_way_and_origin() -> None:
    lines = [line for line in (ROOT / "scripts/clients.txt").read_text().splitlines() if not line.startswith("#")]
    names = [line.split(maxsplit=2)[0] for line in lines if line]
    assert len(names) == len(set(names))
    assert all(
        line.split(maxsplit=2)[1] in ("go", "pip", "kube", "path", "source", "apt", "deb") for line in lines if line
    )


def test_rendering_imports_nothing_heavy() -> None:
    """Starting Python and PyYAML is most of what one link costs; a stray import would double it."""
    code = (
        "import sys; from kgen.entry.cli import main; status = main(['render', 'examples/01-minimal']); "
        "heavy = {'typing', 'jinja2', 'pydantic', 'rich', 'jsonpatch', 'kubernetes', 'dataclasses', 'hashlib', "
        "'pathlib', 'inspect', 'asyncio', 'importlib.metadata'} & set(sys.modules); "
        "sys.exit(status or ' '.join(sorted(heavy)) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr.splitlines()[-1]


def test_make_bench_runs_every_benchmark() -> None:
    programs = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()}
    [line] = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("BENCH := ")]
    assert set(line.split()[2:]) == programs
