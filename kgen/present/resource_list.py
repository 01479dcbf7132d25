"""A function's answer as text: a ResourceList in JSON, which kustomize and kpt read as the YAML it is."""

from collections.abc import Iterable, Sequence

from kgen.bundle.emit_json import emit
from kgen.manifests import Manifest
from kgen.present.problems import as_data, ordered
from kgen.results import Result


def text(
    api_version: str, items: Iterable[Manifest], config: Manifest | None = None, results: Sequence[Result] = ()
) -> str:
    """The whole list, an object a line. Raises Refused where JSON can not hold a value."""
    head: Manifest = {"apiVersion": api_version, "kind": "ResourceList"}
    parts = [f'{emit(head)[:-2]},"items":[\n', ",\n".join(emit(item)[:-1] for item in items), "\n]"]
    if config is not None:
        parts.append(f',"functionConfig":{emit(config)[:-1]}')
    if results:
        told = ",\n".join(emit(as_data(result))[:-1] for result in ordered(results))
        parts.append(f',"results":[\n{told}\n]')
    return "".join(parts) + "}\n"


def stream(items: Iterable[Manifest]) -> str:
    """The same objects as documents of one YAML stream, which legacy plugins answer with."""
    return "".join(f"---\n{emit(item)}" for item in items)
