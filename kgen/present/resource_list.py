"""A function's answer as text.

JSON for kustomize, which reads it as the YAML it is and writes everything anew; block YAML for kpt, which writes into
files in the style of the answer.
"""

from collections.abc import Callable, Iterable, Sequence

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


def block_text(
    api_version: str,
    items: Iterable[Manifest],
    written: Callable[[Manifest], str],
    config: Manifest | None = None,
    results: Sequence[Result] = (),
) -> str:
    """The same in block style, which kpt writes into people's files. `written` gives the text of an unchanged item."""
    from kgen.bundle.emit_yaml import emit as emit_yaml

    head: Manifest = {"apiVersion": api_version, "kind": "ResourceList"}
    tail: Manifest = {} if config is None else {"functionConfig": config}
    if results:
        tail["results"] = [as_data(result) for result in ordered(results)]
    texts = [written(item) or _indented(emit_yaml(item)) for item in items]
    listed = "items:\n" + "".join(f"- {text}" for text in texts) if texts else "items: []\n"
    return emit_yaml(head) + listed + (emit_yaml(tail) if tail else "")


def _indented(text: str) -> str:
    """A document as an item of a list, without the dash."""
    return "\n".join(f"  {line}" if line else line for line in text.split("\n")).removeprefix("  ")


def stream(items: Iterable[Manifest]) -> str:
    """The same objects as documents of one YAML stream, which legacy plugins answer with."""
    return "".join(f"---\n{emit(item)}" for item in items)
