"""A bundle in a few lines: who may call whom, and how many objects each layer gave."""

from collections.abc import Iterable

from kgen.manifests import Identity
from kgen.present.problems import counted
from kgen.present.tables import table
from kgen.topology.types import Agent, Topology

INPUT = "(your own)"  # objects that pass through


def text(topology: Topology, objects: Iterable[tuple[Identity, str]]) -> str:
    """Two tables. `objects` are the identities of the bundle with their layers, "" for what passes through."""
    return calls(topology.agents) + "\n" + layers(objects)


def calls(agents: tuple[Agent, ...]) -> str:
    """Who may call whom: a row a caller and callee; agents that call nobody and are called by nobody too."""
    rows = []
    for agent in agents:
        name = f"{agent.namespace}/{agent.name}"
        for link in agent.callees:
            callee = link.callee
            how = f"port {callee.port}" + (f", {link.delegation.header}" if link.delegation else "")
            rows.append((name, f"{callee.namespace}/{callee.name}", how))
        for tool in agent.tools:
            names = ", ".join(tool.tool_names) or "all its tools"
            rows.append((name, f"{tool.kind} {tool.namespace}/{tool.name}", names))
        if not agent.callees and not agent.callers and not agent.tools:
            rows.append((name, "nobody", ""))
    return table(("agent", "may call", "over"), rows)


def layers(objects: Iterable[tuple[Identity, str]]) -> str:
    """Objects by layer, in the order in which layers first appear in the bundle."""
    counts: dict[str, dict[str, int]] = {}
    for identity, layer in objects:
        kinds = counts.setdefault(layer or INPUT, {})
        kinds[identity.kind] = kinds.get(identity.kind, 0) + 1
    passed = counts.pop(INPUT, None)
    if passed:
        counts[INPUT] = passed
    rows = [
        (layer, str(sum(kinds.values())), ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())))
        for layer, kinds in counts.items()
    ]
    total = sum(sum(kinds.values()) for kinds in counts.values())
    return table(("layer", "objects", "kinds"), rows) + f"{counted(total, 'object')} in all\n"


def files(folder: str, created: int, changed: int, removed: int, unchanged: int, proposed: int = 0) -> str:
    """One line on what happened to a tree of files."""
    counts = ((created, "new"), (changed, "changed"), (removed, "removed"), (unchanged, "unchanged"))
    total = created + changed + unchanged
    told = ", ".join(f"{number} {word}" for number, word in counts if number)
    aside = f"; {counted(proposed, 'proposal')} for other owners in {folder}/external" if proposed else ""
    return f"{counted(total, 'file')} in {folder}" + (f": {told}" if told else "") + f"{aside}\n"
