"""YAML nodes to plain values, with the values that kubectl and the API server would see.

Whatever is doubtful is noted by node: duplicate keys, unknown tags, keys that are no text, aliases that multiply,
scalars that kubectl and kustomize read differently. Paths to the notes are looked for only when there are any.
"""

from kgen.load.compose import Limits, too_deep
from kgen.load.nodes import paths_of
from kgen.load.pyyaml import MappingNode, Node, ScalarNode, SequenceNode
from kgen.load.scalars import NUMERIC, WORDS, differs, key, resolve
from kgen.manifests import Manifest, Path, path_text
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, WARNING, Result

_STANDARD = "tag:yaml.org,2002:"
_KEY_STARTS = NUMERIC | {"<"}
_COPIES = "aliases multiply to more than {} further values: write the values out"


class _Note(NamedTuple):
    node: Node
    message: str
    rule: str
    quiet: str = ""  # the message inside a Secret, where it may not show the scalar
    severity: str = ERROR


class Builder:
    """Makes the plain value of one document, and notes what is wrong in it by node; paths are found only then."""

    def __init__(self, data: bytes, nodes: int, limits: Limits) -> None:
        self.data = data
        self.notes: list[_Note] = []
        self.limits = limits
        self.aliases = b"*" in data
        self.left = nodes - 1 + limits.copies  # an alias makes its values again
        self.open: set[int] = set()  # nodes being built: an alias to one of them would have no end

    def build(self, node: Any) -> Any:  # a Node; told apart by class, which is faster than isinstance
        kind = node.__class__
        if kind is ScalarNode:
            if node.tag is not None:
                return self.tagged(node)
            text = node.value
            return text if node.style or not (text in WORDS or text[0] in NUMERIC) else self.plain(node)
        if node.tag is not None and node.tag != _STANDARD + ("map" if kind is MappingNode else "seq"):
            self.tag(node)
        if self.aliases and not self.enter(node):
            return None
        value = [self.build(item) for item in node.value] if kind is SequenceNode else self.mapping(node)
        if self.aliases:
            self.open.discard(id(node))
        return value

    def enter(self, node: Node) -> bool:
        """Counts values made again by aliases; False where building has to stop."""
        self.left -= len(node.value) * (2 if node.__class__ is MappingNode else 1)
        if id(node) in self.open:
            self.note(node, "an anchor holds an alias to itself: write the value out", "alias")
        elif self.left < 0:
            if self.left > -(2**62):  # once is enough
                self.note(node, _COPIES.format(self.limits.copies), "alias")
            self.left = -(2**63)
        elif len(self.open) >= self.limits.depth:
            self.note(node, too_deep(self.limits), "limits")
        else:
            self.open.add(id(node))
            return True
        return False

    def mapping(self, node: MappingNode) -> Manifest:
        result: Manifest = {}
        inherited: dict[str, None] = {}  # keys that only a merge has given
        for name, value in node.value:
            text = name.value
            if name.__class__ is not ScalarNode or name.tag is not None:
                text = self.odd_key(name)
            elif not name.style and (text in WORDS or text[0] in _KEY_STARTS):
                if text == "<<":
                    self.merge(name, value, result, inherited)
                    continue
                text = self.key(name)
            if text is None:
                continue
            if text in result:
                if text in inherited:
                    del inherited[text]
                else:
                    self.note(name, f'the key "{text}" stands twice in one mapping: keep one of them', "duplicate-key")
            result[text] = self.build(value)
        return result

    def plain(self, node: ScalarNode) -> Any:
        text = node.value
        if not self.untagged(node):
            return text
        try:
            value = resolve(text)
        except ValueError:
            self.note(node, f"{text} has no place in JSON, so the API server can not take it: quote it", "scalar")
            return text
        other = differs(text)
        if other:
            self.doubt(node, f"quote it: kubectl reads {_shown(value)}, kustomize reads {other}")
        return value

    def key(self, node: ScalarNode) -> str | None:
        text: str = node.value
        if not self.untagged(node):
            return text
        try:
            value = key(text)
        except ValueError:
            self.note(node, f"a key that is {text or 'empty'} is no text, and kubectl refuses it: quote it", "key")
            return None
        if value != text:
            self.doubt(node, f'quote it: kubectl reads the key "{value}", kustomize reads "{text}"')
        return value

    def odd_key(self, node: Any) -> str | None:
        """A key with a tag, or one that is no scalar."""
        if node.__class__ is ScalarNode:
            if node.tag == _STANDARD + "str":
                return str(node.value)
            self.tag(node)
        else:
            self.note(node, "a key has to be text, found a mapping or list: write { and [ of a text in quotes", "key")
        return None

    def merge(self, name: Node, value: Any, result: Manifest, inherited: dict[str, None]) -> None:
        """`<<` as both readers take it; where the place of `<<` would decide, an error."""
        sources = value.value if value.__class__ is SequenceNode else [value]
        if inherited or any(source.__class__ is not MappingNode for source in sources):
            self.note(name, "<< stands once, with a mapping or a list of mappings: write the keys out", "merge")
            return
        merged: Manifest = {}
        for source in reversed(sources):  # the first one that has a key counts
            merged.update(self.build(source) or {})
        for text in merged:
            if text in result:
                message = f'the key "{text}" stands before the << that holds it too, and readers differ: put << first'
                self.note(name, message, "merge")
        result.update(merged)
        inherited.update(dict.fromkeys(merged))

    def tagged(self, node: ScalarNode) -> Any:
        """A scalar with a tag of YAML itself. Others mean something to one program only, or run code."""
        short = node.tag.removeprefix(_STANDARD)
        text = node.value
        if short == "str":
            return text
        if node.tag.startswith(_STANDARD) and short in ("bool", "int", "float", "null"):
            try:
                value = resolve(text)
            except ValueError:
                value = text
            kind = {bool: "bool", int: "int", float: "float", type(None): "null"}.get(type(value), "str")
            if kind == short or (kind, short) == ("int", "float"):
                return value
            self.note(node, f"not {short}, although the tag !!{short} says so: take the tag away", "tag")
            return None
        self.tag(node)
        return None

    def tag(self, node: Node) -> None:
        name = node.tag.replace(_STANDARD, "!!", 1)
        self.note(node, f"the tag {name} has no meaning in a manifest: take it away, or quote the text", "tag")

    def untagged(self, node: ScalarNode) -> bool:
        """False where a lone `!` makes the scalar text: libyaml does not tell, so the input itself is looked at."""
        start, end, text = node.start_mark.index, node.end_mark.index, node.value
        return end - start == len(text) or "!" not in self.data.decode("utf-8", "replace")[start : end - len(text)]

    def note(self, node: Node, message: str, rule: str) -> None:
        self.notes.append(_Note(node, message, rule))

    def doubt(self, node: Node, message: str) -> None:
        quiet = "quote it: kubectl and kustomize read it differently"
        self.notes.append(_Note(node, message, "ambiguous-scalar", quiet, WARNING))

    def results(self, root: Node, value: Any, file: str, index: int, strict: bool) -> list[Result]:
        """The notes with their places. Doubts are errors in kgen's own objects, and everywhere where `strict`."""
        paths = paths_of(root, {id(note.node) for note in self.notes})
        found = []
        for note in self.notes:
            path = paths.get(id(note.node), ())
            objects = _objects_around(value, path)
            secret = any(found.get("kind") == "Secret" for found in objects)
            ours = any(str(found.get("apiVersion")).startswith("kgen.dev/") for found in objects)
            message = note.quiet if note.quiet and secret else note.message
            severity = ERROR if ours or strict else note.severity
            line = note.node.start_mark.line + 1
            field = path_text(path)
            found.append(Result(message, severity, note.rule, field=field, file=file, index=index, line=line))
        return found


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _objects_around(value: Any, path: Path) -> list[Manifest]:
    """The mappings on the way to a path: an item of a List is an object of its own."""
    around: list[Manifest] = []
    for step in (*path, None):
        if isinstance(value, dict):
            around.append(value)
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            break
    return around
