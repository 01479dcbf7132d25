"""From a layer's files to its functions: the translation that came with the package, or one made in memory.

Translations are looked for in kgen's own package alone, and only for layers that come with kgen. No folder that an
input names is ever imported from, or written to.
"""

from binascii import crc32

from kgen.expand.layer import TRANSLATION, Layer, module_name
from kgen.load.layers import LayerSource
from kgen.topology import types


def compile_layer(source: LayerSource) -> Layer:
    """The layer ready to use. Raises Refused with what is wrong in its templates."""
    return (_shipped(source) if source.shipped else None) or in_memory(source)


def digest(source: LayerSource) -> str:
    """Tells whether a translation is that of these files, made by this translator for these types."""
    return f"{TRANSLATION}-{_known():08x}-{source.digest}"


def _known() -> int:
    """A checksum of the names that templates could use: a translation made before a field was renamed is stale."""
    names = [name for kind in vars(types).values() if hasattr(kind, "_fields") for name in vars(kind)]
    return crc32(" ".join([name for name in names if name[0] != "_"]).encode())


def _shipped(source: LayerSource) -> Layer | None:
    try:
        # not importlib.import_module, whose own import costs as much as a layer's
        module = __import__(f"kgen.expand.compiled.{module_name(source.name)}", fromlist=["LAYER"])
    except ModuleNotFoundError:
        return None  # a checkout in which nothing has been compiled yet
    layer: Layer = module.LAYER
    return layer if digest(source) == module.DIGEST else None


def in_memory(source: LayerSource) -> Layer:
    """Translates with jinja2's parser. A user's own layer is metered, and its code has no builtins."""
    from kgen.expand import module  # jinja2 comes with it, which costs more than a whole render

    names = module.helpers()
    names["__builtins__"] = {"bool": bool, "Exception": Exception}
    metered = not source.shipped
    if metered:
        from kgen.expand.meter import Meter

        meter = Meter()
        names |= {"_begin": meter.begin, "_weigh": meter.weigh, "_loop": meter.loop}
        names |= {"_plus": meter.plus, "_filtered": meter.filtered}
    text = module.text(source, metered=metered)
    exec(compile(text, f"<layer {source.name}>", "exec"), names)
    layer: Layer = names["LAYER"]
    return layer
