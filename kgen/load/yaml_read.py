"""YAML and JSON files to documents, with the values that kubectl and the API server would see."""

from collections.abc import Iterator

from kgen.load.build import Builder
from kgen.load.compose import LIMITS, Limits, compose, text_of, uncollected
from kgen.load.documents import unpack
from kgen.load.pyyaml import Node
from kgen.manifests import Document
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, Refused, Result


def parse(
    data: bytes, file: str, *, strict: bool = False, limits: Limits = LIMITS
) -> tuple[list[Document], list[Result]]:
    """The objects of a file, `kind: List` unpacked and empty documents left out, and warnings about them.

    `strict`: a plain scalar or key that kubectl and kustomize read differently is an error everywhere, not only in
    documents of kgen.dev. Raises Refused with everything found wrong in the file, warnings included.
    """
    documents: list[Document] = []
    results: list[Result] = []
    for value in values(data, file, results, strict=strict, limits=limits):
        unpack(value, file, documents, results)
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    return documents, results


def parse_value(data: bytes, file: str, *, strict: bool = True) -> Any:
    """The one value of a YAML or JSON text that is no object, such as a list of patches. Raises Refused."""
    results: list[Result] = []
    found = list(values(data, file, results, strict=strict))
    if len(found) != 1 and not results:
        message = f"expected one YAML document, found {len(found)}: " + ("take out the ---" if found else "write it")
        results.append(Result(message, rule="yaml", file=file))
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    return found[0].value


class Value(NamedTuple):
    """One YAML document that is not empty, as a plain value."""

    value: Any
    root: Node | None  # its nodes; None where it was read as JSON
    line: int = 0  # where it begins, from 1
    document: int = 0  # in the file, from 0


def values(
    data: bytes, file: str, results: list[Result], *, strict: bool = False, limits: Limits = LIMITS
) -> Iterator[Value]:
    """The plain values of a file's documents, objects or not. What is wrong with them is added to `results`."""
    if len(data) > limits.size:
        size = f"{len(data)} bytes, more than the {limits.size} that kgen reads at once: split the file"
        results.append(Result(size, rule="limits", file=file))
        return
    data = text_of(data)
    if data[:1] == b"{" or data.lstrip()[:1] == b"{":
        from kgen.load import json_read

        read = json_read.values(data, file, results, limits)
        if read is not None:
            for index, (value, line) in enumerate(read):
                yield Value(value, None, line, index)
            return
    try:
        for index, (root, nodes) in enumerate(compose(data, file, limits)):
            builder = Builder(data, nodes, limits)
            with uncollected():
                value = builder.build(root)
            if builder.notes:
                results.extend(builder.results(root, value, file, index, strict))
            if value is not None:
                yield Value(value, root, root.start_mark.line + 1, index)
    except Refused as refused:
        results.extend(refused.results)
