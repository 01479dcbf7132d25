"""Which parts of the kinds wait for a layer: what is written for one that this version lacks is refused by name.

Only what a user wrote counts, never a default: a field that nothing reads must not be ignored in silence.
"""

from collections.abc import Iterator

from kgen.manifests import Manifest, Path, get
from kgen.records import Any, NamedTuple

BASELINE = ("namespaces", "identity", "network", "secrets", "models", "agents")
LATER = (
    "mesh",
    "admission",
    "monitoring",
    "certificates",
    "workload-identity",
    "egress-gateway",
    "verify",
    "machine-files",
)
LAYERS = BASELINE + LATER
"""Every layer that kgen knows by name."""

ABILITIES = frozenset(["consent", "generator"])
"""What else a field may need: abilities of the engine, which are no layers and can not be switched."""


class Lack(NamedTuple):
    """One written field and what it waits for."""

    path: Path
    need: str
    value: str  # the value that needs it; "" where the field itself does


class Gate(NamedTuple):
    """A field, and what it needs: always, or with one of some values."""

    path: tuple[str, ...]  # "*" is any name of a mapping
    needs: tuple[str, ...]
    values: tuple[str, ...] = ()  # empty: whatever is written there


GATES: dict[str, tuple[Gate, ...]] = {
    "AgentLink": (),
    "AgentGrant": (
        Gate(("kind",), ("consent",), ("AgentGrant",)),
        Gate(("spec", "limits"), ("mesh",)),
        Gate(("spec", "jwt"), ("mesh",)),
    ),
    "Platform": (
        Gate(("spec", "profile"), ("mesh",), ("Mesh",)),
        Gate(("spec", "profile"), ("mesh", "admission", "monitoring"), ("Hardened",)),
        Gate(
            ("spec", "profile"),
            ("mesh", "admission", "monitoring", "certificates", "workload-identity", "egress-gateway"),
            ("ZeroTrust",),
        ),
        Gate(("spec", "files"), ("generator",)),
        Gate(("spec", "consent"), ("consent",), ("CrossNamespace", "Required")),
        Gate(("spec", "namespaces", "*", "sources"), ("consent",)),
        Gate(("spec", "mesh"), ("mesh",)),
        Gate(("spec", "admission"), ("admission",)),
        Gate(("spec", "certificates"), ("certificates",)),
        Gate(("spec", "workloadIdentity"), ("workload-identity",)),
        Gate(("spec", "egressGateway"), ("egress-gateway",)),
        Gate(("spec", "monitoring"), ("monitoring",)),
        Gate(("spec", "verify"), ("verify",)),
        Gate(("spec", "machineFiles"), ("machine-files",)),
    ),
}


def lacking(manifest: Manifest, layers: frozenset[str]) -> list[Lack]:
    """What is written in a document of a kind of ours and needs something that is not in `layers`."""
    lacks = []
    for gate in GATES[manifest["kind"]]:
        need = next((name for name in gate.needs if name not in layers), None)
        if need is None:
            continue
        for path, value in _written(manifest, gate.path):
            if not gate.values:
                lacks.append(Lack(path, need, ""))
            elif value in gate.values:
                lacks.append(Lack(path, need, value))
    if manifest["kind"] == "Platform":
        switched = _written(manifest, ("spec", "layers", "*"))
        lacks += [
            Lack(path, str(path[-1]), "") for path, _ in switched if path[-1] in LAYERS and path[-1] not in layers
        ]
    return lacks


def unknown_layers(manifest: Manifest, layers: frozenset[str]) -> list[tuple[Path, str]]:
    """Names in a Platform's `spec.layers` that are no layer's. With `spec.bases` only who has read those can tell."""
    if manifest["kind"] != "Platform" or get(manifest, "spec", "bases"):
        return []
    switched = _written(manifest, ("spec", "layers", "*"))
    known = layers.union(LAYERS) - ABILITIES
    return [(path, str(path[-1])) for path, _ in switched if path[-1] not in known]


def _written(value: Any, steps: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The values at a path; null is not one: in a fragment it removes."""
    if not steps:
        if value is not None:
            yield path, value
    elif isinstance(value, dict):
        for name in list(value) if steps[0] == "*" else steps[:1]:
            if name in value:
                yield from _written(value[name], steps[1:], (*path, name))
