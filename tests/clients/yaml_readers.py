"""What sigs.k8s.io/yaml and kyaml read, by the small Go program in tests/clients/go.

`python -m tests.clients.yaml_readers` writes tests/load/scalars.json again.
"""

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import skip_or_fail

SOURCE = Path(__file__).parent / "go"
TABLE = Path(__file__).parent.parent / "load" / "scalars.json"


class Reading(NamedTuple):
    """JSON texts; None where the reader refuses the text."""

    sigs: str | None
    kyaml: str | None


@functools.cache
def _program() -> str:
    go = shutil.which("go")
    if go is None:
        skip_or_fail("no go on PATH, which builds the YAML readers of tests/clients/go")
    folder = tempfile.mkdtemp(prefix="kgen-yaml-readers-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = os.path.join(folder, "readers")
    run = subprocess.run(
        [str(go), "build", "-o", program, "."], cwd=SOURCE, capture_output=True, text=True, check=False
    )
    if run.returncode:
        skip_or_fail(f"the YAML readers can not be built: {run.stderr.strip()}")
    return program


def read(texts: list[str]) -> list[Reading]:
    """Both readings of each YAML text, by one process."""
    run = subprocess.run([_program()], input=json.dumps(texts), capture_output=True, text=True, check=True)
    return [
        Reading(None if "sigsError" in one else one["sigs"], None if "kyamlError" in one else one["kyaml"])
        for one in json.loads(run.stdout)
    ]


def measure(scalars: list[str]) -> list[dict[str, Any]]:
    """Rows of the table: what each plain scalar is as a value and as a key, null where it is refused."""
    values = read([f"v: {text}\n" for text in scalars])
    keys = read([f"{text}: v\n" if text else "? \n: v\n" for text in scalars])
    rows = []
    for text, value, key in zip(scalars, values, keys, strict=True):
        rows.append(
            {
                "plain": text,
                "sigs": value.sigs and value.sigs.removeprefix('{"v":').removesuffix("}"),
                "kyaml": value.kyaml and value.kyaml.removeprefix('{"v":').removesuffix("}"),
                "sigsKey": key.sigs and next(iter(json.loads(key.sigs)), None),
                "kyamlKey": key.kyaml and next(iter(json.loads(key.kyaml)), None),
            }
        )
    return rows


def table() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(TABLE.read_text())
    return rows


def write(rows: list[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    TABLE.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    write(measure([row["plain"] for row in table()]))
