"""kustomize's first protocol for plugins, the only one that `kubectl kustomize` speaks.

The configuration is a file, the first argument (kubectl 1.27 to 1.36, kustomize 5.4 to 5.8), and its text also in the
environment; the other arguments are those of the configuration's `argsOneLiner`. Standard input and output are plain
YAML streams: empty for a generator, everything so far for a transformer.
"""

import os
import sys

from kgen.entry.function import Call, answer
from kgen.entry.krm import Options, tell
from kgen.load import yaml_read
from kgen.manifests import Document, Origin
from kgen.present.resource_list import stream
from kgen.results import ERROR, OK, REFUSED, Refused, Result

CONFIG_TEXT = "KUSTOMIZE_PLUGIN_CONFIG_STRING"


def main(arguments: list[str] | None = None, options: Options | None = None) -> int:
    """Answers one call. Returns 0, or 1 with nothing on standard output."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        if options is None:
            options = _options(given[1:])
        config = _config(given)
        documents, notes = _items(sys.stdin.buffer.read())
        answered = answer(Call(documents, config, False, *options))
        results = (*notes, *answered.results)
        output = stream(answered.items)
    except Refused as refused:
        results, output = refused.results, ""
    failed = any(result.severity == ERROR for result in results)
    tell(results)
    if not failed:
        sys.stdout.buffer.write(output.encode())
        sys.stdout.buffer.flush()
    return REFUSED if failed else OK


def _config(arguments: list[str]) -> Document:
    """The configuration that the client wrote. Raises Refused where there is none."""
    try:
        with open(arguments[0], "rb") as stream_:
            data = stream_.read()
    except (IndexError, OSError):
        data = os.environ.get(CONFIG_TEXT, "").encode()
    found, _ = yaml_read.parse(data, "")
    if len(found) != 1:
        message = "no configuration: this program is started by kustomize and kubectl; for files use kgen render"
        raise Refused([Result(message, ERROR, "plugin-config")])
    return found[0]._replace(origin=Origin("functionConfig"))


def _items(data: bytes) -> tuple[list[Document], list[Result]]:
    """The resources so far. Where they stood in a file, nobody says."""
    documents, notes = yaml_read.parse(data, "")
    return [Document(document.manifest, Origin()) for document in documents], [
        note._replace(file="", line=0) for note in notes
    ]


def _options(arguments: list[str]) -> Options:
    if not arguments:
        return Options()
    from kgen.entry.cli.fn import parsed

    return parsed(arguments)
