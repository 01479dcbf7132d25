"""Lines for results: the one of the field that a result names, found only when there is something to tell."""

from collections.abc import Iterable

from kgen.load.positions import line_in
from kgen.manifests import Origin, parse_path
from kgen.results import Result


def located(results: Iterable[Result], sources: dict[str, bytes]) -> list[Result]:
    """The results, those with a field and a known file with the line of that field."""
    return [_located(result, sources) if result.file in sources and result.field else result for result in results]


def _located(result: Result, sources: dict[str, bytes]) -> Result:
    try:
        path = parse_path(result.field)
    except ValueError:
        return result  # words for people, such as "target"
    line = line_in(sources, Origin(result.file, result.index, result.line), path)
    return result._replace(line=line) if line else result
