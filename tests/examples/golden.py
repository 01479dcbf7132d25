"""Goldens as a reviewer wants them: tests/snapshots/<rendering>/<namespace>/<kind>-<name>.yaml, one file an object."""

from pathlib import Path
from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"


class ObjectExtension(SingleFileSnapshotExtension):
    """`snapshot(name=...)` is the path below tests/snapshots, without its extension."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(SNAPSHOTS)

    @classmethod
    def get_file_basename(cls, *, test_location: Any, index: Any) -> str:
        return str(index)

    @classmethod
    def matches_test_location(cls, *, test_location: Any, snapshot_location: str) -> bool:
        return Path(snapshot_location).is_relative_to(SNAPSHOTS)
