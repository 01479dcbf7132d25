"""Sides made of a few manifests or links, and what a comparison of two of them says."""

from pathlib import Path
from typing import Any

import kgen
from kgen.compare import compare, sides
from kgen.compare.differences import Access, Comparison, FieldChange
from kgen.compare.fields import field_changes
from kgen.compare.sides import Side
from kgen.entry.request import read_request
from kgen.manifests import Document, Manifest, Origin

DAY = "2026-06-15"
AGENT = "define: {description: Works., systemMessage: You work.}"
PLATFORM = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: default}
spec:
  defaults: {model: {provider: Anthropic, model: claude-sonnet-4-5, apiKeySecretRef: {name: anthropic, key: api-key}}}
"""


def manifests(*given: Manifest) -> Side:
    """Manifests as they are, without links."""
    documents = [Document(manifest, Origin("in.yaml", number)) for number, manifest in enumerate(given)]
    return sides.of_documents(documents, {})


def links(folder: Path, *given: str, platform: str = "") -> Side:
    """What links expand to: each is `caller > callee` by full names, or YAML; who is named first is defined there."""
    texts = [PLATFORM + platform]
    defined: set[str] = set()
    for number, text in enumerate(given):
        if "apiVersion" in text:
            texts.append(text)
            continue
        ends = []
        for name in text.split(" > "):
            namespace, _, own = name.partition("/")
            ends.append(f"{{namespace: {namespace}, name: {own}{'' if name in defined else ', ' + AGENT}}}")
            defined.add(name)
        to = f", to: {ends[1]}" if len(ends) > 1 else ""
        texts.append(
            f"apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {{name: link-{number}}}\n"
            f"spec: {{from: {ends[0]}{to}}}\n"
        )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "links.yaml"
    file.write_text("---\n".join(texts))
    request = read_request([str(file)])
    bundle = kgen.render(request.documents, request.platform, layers=request.layers, patches=request.patches, as_of=DAY)
    return sides.of_bundle(bundle, request.platform.manifest)


def said(found: Comparison, widens: bool) -> list[str]:
    """Each change in access on one line."""
    return [line(one) for one in found.access if one.widens is widens]


def line(one: Access) -> str:
    parts = (f"[{one.team}]" if one.team else "", one.kind, one.source, ">" if one.source else "", one.target)
    return " ".join(part for part in (*parts, one.on, f"({one.text})") if part)


def opened(base: Side, head: Side) -> list[str]:
    return said(compare(base, head), True)


def closed(base: Side, head: Side) -> list[str]:
    return said(compare(base, head), False)


def fields(before: Any, after: Any, kind: str = "ConfigMap") -> list[str]:
    """Field changes of `spec`, one line each."""
    return [_field(one) for one in field_changes(kind, {"spec": before}, {"spec": after})]


def _field(one: FieldChange) -> str:
    return f"{one.path}: hidden" if one.hidden else f"{one.path}: {one.before} -> {one.after}"
