"""Says what each layer is for, from which profile on it is there, and what it needs in the cluster."""

from kgen.entry.cli.reply import Reply
from kgen.records import Any


def arguments(parser: Any) -> None:
    """The shipped layers by themselves, or also those of a folder."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (the default) or json")
    parser.add_argument("--bases", metavar="DIR", action="append", default=[], help="a folder of own layers, shown too")


def run(options: Any) -> Reply:
    """A table and a paragraph a layer."""
    from kgen.expand import compile_layer
    from kgen.load.layers import own, shipped, shipped_names
    from kgen.present import layers as shown

    sources = [shipped(name) for name in shipped_names()] + own(options.bases, ".")
    rows = []
    for source in sources:
        layer = compile_layer(source)
        rows.append(
            shown.Row(
                layer.name,
                layer.purpose,
                layer.profile,
                layer.wave,
                tuple(shown.Need(f"{need.api_version} {need.kind}", need.when) for need in layer.requires),
                tuple(dict.fromkeys(control for document in layer.documents for control in document.controls)),
                tuple(dict.fromkeys(document.file for document in layer.documents)),
                not source.shipped,
            )
        )
    rows.sort(key=lambda row: (row.wave, row.name))
    return Reply(shown.as_json(rows) if options.format == "json" else shown.text(rows))
