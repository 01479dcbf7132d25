"""The inputs of the benchmarks: N links over agents that they define, as AgentLinks and as values of the Helm chart.

Text only, written line by line: this module is imported by the process that measures, which has to stay small.
"""

import json
from pathlib import Path

CALLERS = 4
AGENTS_A_NAMESPACE = 10

Name = tuple[str, str]
Edge = tuple[Name, Name]


ONE_LINK = """\
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {name: orchestrator-to-specialist}
spec:
  from: team-alpha/orchestrator
  to: team-beta/specialist
"""


def ring(links: int) -> list[Edge]:
    """N/4 callers and N/4 callees: caller i calls callees i to i+3; ten agents a namespace."""
    count = links // CALLERS
    callers = [_name(number) for number in range(count)]
    callees = [_name(count + number) for number in range(count)]
    return [(callers[i], callees[(i + step) % count]) for i in range(count) for step in range(CALLERS)]


def pairs(links: int) -> list[Edge]:
    """The worked example N times: each link has two agents and two namespaces of its own."""
    return [((f"caller-{i:05d}", "orchestrator"), (f"callee-{i:05d}", "specialist")) for i in range(links)]


def write_defined_link(file: Path) -> None:
    """One link whose two agents kgen makes: every layer has something to do."""
    caller, callee = ("team-alpha", "orchestrator"), ("team-beta", "specialist")
    file.write_text("---\n".join([_link("one", _end(caller), _end(callee)), _platform()]))


def write_links(file: Path, edges: list[Edge]) -> None:
    """kgen's input: one AgentLink an edge; the first that names an agent defines it."""
    defined: set[Name] = set()
    with file.open("w") as out:
        out.write(_platform())
        for number, edge in enumerate(edges):
            caller, callee = (_text(end) if end in defined else _end(end) for end in edge)
            defined |= set(edge)
            out.write("---\n" + _link(f"link-{number}", caller, callee))


def write_values(file: Path, edges: list[Edge]) -> None:
    """Helm's input: the same links and definitions."""
    with file.open("w") as out:
        links = [{"from": _text(caller), "to": _text(callee)} for caller, callee in edges]
        out.write(f"links: {json.dumps(links)}\nagents:\n")
        for end in sorted({end for edge in edges for end in edge}):
            definition = {"description": _description(end[1]), "systemMessage": _message(end[1])}
            out.write(f"  {_text(end)}: {json.dumps(definition)}\n")


def _name(number: int) -> Name:
    return f"team-{number // AGENTS_A_NAMESPACE:04d}", f"agent-{number:05d}"


def _text(end: Name) -> str:
    return "/".join(end)


def _end(end: Name) -> str:
    namespace, name = end
    return (
        f"{{namespace: {namespace}, name: {name}, "
        f'define: {{description: "{_description(name)}", systemMessage: "{_message(name)}"}}}}'
    )


def _description(name: str) -> str:
    return f"Does what {name} does."


def _message(name: str) -> str:
    return f"You are {name}. Answer briefly."


def _link(name: str, caller: str, callee: str) -> str:
    return (
        f"apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {{name: {name}}}\n"
        f"spec:\n  from: {caller}\n  to: {callee}\n"
    )


def _platform() -> str:
    return """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: default}
spec:
  defaults:
    model: {provider: Anthropic, model: claude-sonnet-4-5, apiKeySecretRef: {name: anthropic, key: api-key}}
"""
