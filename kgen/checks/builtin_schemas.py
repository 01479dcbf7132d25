"""The strict Kubernetes OpenAPI schemas that kubernetes-validate carries, each file read once a run.

Its own validate() reads the definitions (1.4 MB) again for every object, and its messages show values.
"""

import json
from functools import lru_cache
from importlib.resources import files

from kgen.records import Any


@lru_cache(maxsize=8)
def _folder(version: str) -> Any:
    """The schemas of the newest Kubernetes minor that is not newer than `version`, or else of the oldest."""
    root = files("kubernetes_validate").joinpath("kubernetes-json-schema")
    found = {}
    for folder in root.iterdir():  # v1.33.0-local-strict
        number, _, rest = folder.name.removeprefix("v").partition("-")
        if rest == "local-strict":
            found[_minor(number)] = folder
    fitting = [minor for minor in found if minor <= _minor(version.removeprefix("v"))]
    return found[max(fitting) if fitting else min(found)]


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def schema(version: str, api_version: str, kind: str) -> dict[str, Any] | None:
    """The schema of a built-in kind, None where Kubernetes has no such kind."""
    group, slash, number = api_version.rpartition("/")
    name = f"{kind.lower()}-{group.partition('.')[0]}{'-' if slash else ''}{number}.json"
    file = _folder(version).joinpath(name)
    if not name.isascii() or "/" in name or not file.is_file():
        return None
    loaded: dict[str, Any] = json.loads(file.read_bytes())
    return loaded


@lru_cache(maxsize=8)
def definitions(version: str) -> Any:
    """The definitions that those schemas refer to, as a referencing.Registry."""
    from referencing import Registry, Resource

    contents = json.loads(_folder(version).joinpath("_definitions.json").read_bytes())
    return Resource.from_contents(contents) @ Registry()
