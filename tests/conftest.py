"""Settings and fixtures for all tests: how hard hypothesis tries, where upstream data lies, which clients there are."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
CI = bool(os.environ.get("CI"))

# The same examples on every machine and in every run; a search for new ones is asked for:
# HYPOTHESIS_PROFILE=search make test ARGS=tests/laws
_slow_machines = (HealthCheck.too_slow,)
settings.register_profile(
    "default", max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=_slow_machines
)
settings.register_profile("ci", settings.get_profile("default"), max_examples=120)
settings.register_profile(
    "search", max_examples=3000, derandomize=False, deadline=None, print_blob=True, suppress_health_check=_slow_machines
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if CI else "default"))


def skip_or_fail(reason: str) -> None:
    """Something outside the project is missing: on a developer's machine a skip that says so, in CI a failure."""
    if CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of upstream data (CRDs, test vectors, the API server's scripts): KGEN_SHARED, else ../shared."""
    folder = Path(os.environ.get("KGEN_SHARED") or ROOT.parent / "shared").resolve()
    if not (folder / "crds").is_dir():
        skip_or_fail(f"no upstream data in {folder}; set KGEN_SHARED to the folder that has crds/ and data/")
    return folder


@pytest.fixture(scope="session")
def client() -> Callable[[str], Path]:
    """A function from a client's name in scripts/clients.txt, with or without its version, to its program."""

    def find(name: str) -> Path:
        run = subprocess.run([ROOT / "scripts/clients", "--path", name], capture_output=True, text=True, check=False)
        if run.returncode:
            skip_or_fail(run.stderr.strip())
        return Path(run.stdout.strip())

    return find
