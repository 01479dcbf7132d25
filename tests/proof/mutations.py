"""Every way to damage one network object: take out, change or widen each rule, peer, selector, port and block of it."""

import copy
from collections.abc import Iterator
from typing import Any

from kgen.manifests import Manifest, Path, get, path_text

NETWORK = ("NetworkPolicy", "CiliumNetworkPolicy")


def mutants(manifest: Manifest) -> Iterator[tuple[str, Manifest | None]]:
    """(what was done, the object afterwards); None where the object itself is gone."""
    yield "take the object out", None
    for path, value in _walk(manifest["spec"], ("spec",)):
        where = path_text(path)
        if isinstance(path[-1], int):
            yield f"take out {where}", _without(manifest, path)
        else:
            yield f"take out {where}", _without(manifest, path)
            if path[-1] in ("podSelector", "namespaceSelector", "endpointSelector") and value:
                yield f"empty {where}", _with(manifest, path, {})
        if path[-1] == "port" and isinstance(value, int):
            yield f"another port at {where}", _with(manifest, path, value + 1)
            yield f"a range at {where}", _with(manifest, (*path[:-1], "endPort"), value + 100)
        elif path[-1] == "port":
            yield f"another port at {where}", _with(manifest, path, str(int(value) + 1))
        elif path[-1] == "protocol":
            yield f"another protocol at {where}", _with(manifest, path, "SCTP")
        elif path[-1] == "cidr":
            yield f"another block at {where}", _with(manifest, path, "198.51.100.0/24")
        elif isinstance(value, str) and "matchLabels" in path or path[-1] == "matchName":
            yield f"another value at {where}", _with(manifest, path, "another")
        elif path[-1] in ("egress", "ingress") and isinstance(value, list):
            yield f"add a rule for everything to {where}", _with(manifest, path, [*value, {}])


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path != ("spec",):
        yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _walk(one, (*path, key))


def _without(manifest: Manifest, path: Path) -> Manifest:
    made = copy.deepcopy(manifest)
    del get(made, *path[:-1])[path[-1]]
    return made


def _with(manifest: Manifest, path: Path, value: Any) -> Manifest:
    made = copy.deepcopy(manifest)
    get(made, *path[:-1])[path[-1]] = value
    return made


def guardrail_mutants(manifest: Manifest) -> Iterator[tuple[str, Manifest | None]]:
    """The same for an object of the layer admission: each field taken out or changed, each line of its data."""
    yield "take the object out", None
    for path, value in [*_walk(manifest.get("spec") or {}, ("spec",)), *_walk(manifest.get("data") or {}, ("data",))]:
        where = path_text(path)
        if path == ("data",):
            continue
        yield f"take out {where}", _without(manifest, path)
        if isinstance(value, bool):
            yield f"the opposite at {where}", _with(manifest, path, not value)
        elif isinstance(value, str):
            yield f"another value at {where}", _with(manifest, path, f"{value}x")
            for number, line in enumerate(value.split("\n") if path[0] == "data" and value else ()):
                lines = value.split("\n")
                yield (
                    f"take out line {line} of {where}",
                    _with(manifest, path, "\n".join(lines[:number] + lines[number + 1 :])),
                )
                yield f"add a line to {where}", _with(manifest, path, f"{value}\nanother team-x/another")
        elif isinstance(value, list):
            yield f"an item more in {where}", _with(manifest, path, [*value, "another team-x/another"])
