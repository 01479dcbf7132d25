"""Build hook: translates the shipped layers to Python, and puts the data folders into the wheel.

A checkout (and an editable install) reads bases/, overlays/, schemas/ and plugins/ where they lie; a
wheel carries them as kgen/_data/. Both get the layers translated, so that rendering need not import jinja2.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = ("bases", "overlays", "schemas", "plugins")


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # its configuration type is of no use here
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a wheel is put together; `version` is "standard" or "editable"."""
        root = Path(self.root)
        subprocess.run(
            [sys.executable, "-m", "kgen.expand.compile"],
            cwd=root,
            # sys.path too: pip keeps what the build requires in a folder that only this process was told of
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)])},
            check=True,
        )
        if version != "editable":
            for name in DATA:
                if (root / name).is_dir():
                    build_data["force_include"][str(root / name)] = f"kgen/_data/{name}"
