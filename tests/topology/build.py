"""Topologies from a few lines of YAML, as the pipeline makes them: read, checked, resolved, built."""

import textwrap
from collections.abc import Callable, Mapping

from kgen import kinds, topology
from kgen.kinds.availability import BASELINE
from kgen.load import yaml_read
from kgen.load.platform import resolve
from kgen.manifests import Document
from kgen.results import ERROR, Refused, Result
from kgen.topology.types import Agent, Topology

LAYERS = frozenset(
    (
        *(*BASELINE, "mesh", "admission", "consent", "machine-files"),
        *("certificates", "egress-gateway", "monitoring", "workload-identity"),
    )
)
TODAY = "2026-06-15"
LINK = "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: link}\nspec:\n"
DEFINE = "define: {description: Works., systemMessage: You work., modelConfigRef: {name: m}}"


def documents(files: Mapping[str, str]) -> list[Document]:
    """The documents of files given as text; `link.yaml`, `platform.yaml` are what messages call them."""
    return [document for name, text in files.items() for document in yaml_read.parse(text.encode(), name)[0]]


def build(text: str = "", platform: str = "", *, as_of: Callable[[], str] = lambda: TODAY, **files: str) -> Topology:
    """The topology of `in.yaml` with this text, of a Platform with this spec, and of further files."""
    given = {"in.yaml": text, **{f"{name}.yaml": content for name, content in files.items()}}
    inputs = [_checked(d) if kinds.is_ours(d.manifest) else d for d in documents(given)]
    return topology.build(inputs, platform_of(platform), as_of=as_of)


def platform_of(spec: str) -> Document:
    """The resolved Platform with this spec."""
    spec = textwrap.dedent(spec).strip()
    head = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: example}\nspec:"
    [written] = documents({"platform.yaml": f"{head}\n{textwrap.indent(spec, '  ')}\n" if spec else f"{head} {{}}\n"})
    return Document(resolve(written, [], layers=LAYERS), written.origin)


def link(body: str, name: str = "link", namespace: str = "") -> str:
    """An AgentLink document with this spec, as YAML."""
    metadata = f"{{name: {name}, namespace: {namespace}}}" if namespace else f"{{name: {name}}}"
    head = f"---\napiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {metadata}\nspec:\n"
    return head + textwrap.indent(textwrap.dedent(body).strip(), "  ") + "\n"


def call(caller: str, callee: str) -> str:
    """The shortest link, named after its ends."""
    return link(f"from: {caller}\nto: {callee}", f"{caller}-to-{callee}".replace("/", "-"))


def define(agent: str, **fields: str) -> str:
    """A link that only defines an agent; `fields` are further lines of its definition, as flow YAML."""
    namespace, _, name = agent.partition("/")
    given = {"description": "Works.", "systemMessage": "You work.", "modelConfigRef": "{name: m}"} | fields
    body = ", ".join(f"{key}: {value}" for key, value in given.items() if value)
    return link(f"from: {{namespace: {namespace}, name: {name}, define: {{{body}}}}}", f"define-{namespace}-{name}")


def refused(text: str = "", platform: str = "", **files: str) -> list[Result]:
    """The errors of a run that is refused."""
    try:
        build(text, platform, **files)
    except Refused as refusal:
        return [result for result in refusal.results if result.severity == ERROR]
    raise AssertionError("it was not refused")


def agent_of(built: Topology, key: str) -> Agent:
    """The agent `namespace/name`."""
    [found] = [agent for agent in built.agents if f"{agent.namespace}/{agent.name}" == key]
    return found


def messages(built: Topology, rule: str) -> list[str]:
    """What a run that went through says under a rule."""
    return [result.message for result in built.results if result.rule == rule]


def _checked(document: Document) -> Document:
    manifest, results = kinds.check(document, LAYERS)
    if manifest is None:
        raise Refused(results)
    return Document(manifest, document.origin)
