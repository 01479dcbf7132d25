"""The KRM function protocol: a ResourceList on standard input, one on standard output, written once at the end.

kustomize shows nothing of `results` and takes every output of a function that ends well, so each problem is also a
line on stderr, and any error ends with 1. kpt shows `results` of a function that failed; it gets them with the items
as they came.
"""

import sys
from collections.abc import Sequence

from kgen.entry.function import Call, answer
from kgen.load import resource_list
from kgen.load.clients import in_place
from kgen.present import problems
from kgen.present.resource_list import block_text, text
from kgen.records import NamedTuple
from kgen.results import ERROR, INFO, OK, REFUSED, Refused, Result


class Options(NamedTuple):
    """What the arguments of a function may say; none is needed."""

    role: str = ""
    overlays: tuple[str, ...] = ()
    as_of: str | None = None


PLAIN = Options()


def main(options: Options = PLAIN) -> int:
    """Answers one call. Returns 0, or 1 with nothing that a client would take for a result."""
    output, results = respond(sys.stdin.buffer.read(), options)
    tell(results)
    sys.stdout.buffer.write(output.encode())
    sys.stdout.buffer.flush()
    return REFUSED if any(result.severity == ERROR for result in results) else OK


def tell(results: Sequence[Result]) -> None:
    """Problems for the log of a build. Notes are in the results alone: kustomize would print them at every build."""
    sys.stderr.write(problems.text([result for result in results if result.severity != INFO]))
    sys.stderr.flush()


def respond(data: bytes, options: Options = PLAIN) -> tuple[str, tuple[Result, ...]]:
    """The answer to one ResourceList and what there is to tell; "" where it is none."""
    try:
        call = resource_list.parse(data)
    except Refused as refused:
        return "", refused.results
    files = in_place(call.items)
    came = tuple(item.manifest for item in call.items)
    try:
        answered = answer(Call(call.items, call.function_config, files, *options))
        items, results = answered.items, (*call.results, *answered.results)
    except Refused as refused:
        items, results = came, (*call.results, *refused.results)
    if any(result.severity == ERROR for result in results):
        items = came
    config = call.function_config.manifest if call.function_config else None
    try:
        if files:
            from kgen.load.item_texts import Written

            return block_text(call.api_version, items, Written(data, call.items).of, config, results), results
        return text(call.api_version, items, config, results), results
    except Refused as refused:
        return "", (*results, *refused.results)
