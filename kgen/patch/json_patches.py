"""JSON patches of overlays (RFC 6902), with kustomize's targets: `patches.yaml`.

- target: {kind: NetworkPolicy, name: .*-egress, namespace: team-alpha}
  patch:
  - {op: add, path: /metadata/annotations/example.com~1team, value: alpha}
"""

from kgen.manifests import Identity, Manifest, Origin, get, identity_of, path_text
from kgen.patch import record
from kgen.patch.merge import same
from kgen.patch.selectors import FIELDS, Selector, compile_selector
from kgen.records import Any, NamedTuple
from kgen.results import Refused, Result
from kgen.shared import own

Operation = dict[str, Any]

# A few copies into themselves would outgrow any machine, so that what operations can make of an object has an end.
MAX_COPIED = 1 << 20  # values and characters that the copies of one patch take; the API server refuses larger objects
MAX_PATCHED = 4 << 20  # values and characters of an object that had copies
MAX_DEPTH = 100  # as in what is read

_MEMBERS = {
    "add": ("path", "value"),
    "replace": ("path", "value"),
    "test": ("path", "value"),
    "remove": ("path",),
    "move": ("from", "path"),
    "copy": ("from", "path"),
}
# By these kgen knows its own objects; a patch that changed them would hand an object to somebody else.
_KEPT = (
    ("labels", "app.kubernetes.io/managed-by"),
    ("labels", "kgen.dev/layer"),
    ("annotations", record.ANNOTATION),
)


class Patch(NamedTuple):
    """One entry of a patches.yaml."""

    target: Selector
    operations: tuple[Operation, ...]
    origin: Origin
    place: str  # for messages: overlays/production/patches.yaml, patch 2

    def apply(self, manifest: Manifest) -> Manifest:
        """A patched copy. Raises Refused where an operation fails or changes what the object is."""
        before = identity_of(manifest)
        value: Manifest = own(manifest)
        copied = 0
        for index, operation in enumerate(self.operations):
            try:
                copied += _weight(value, operation, MAX_COPIED - copied)
                _apply(value, operation)
            except _TooLarge as large:
                raise Refused([self._failed(before, index, str(large))]) from None
            except _Fails:
                raise Refused([self._failed(before, index, _cause(operation))]) from None
            if not isinstance(value.get("metadata"), dict):
                raise Refused([self._failed(before, index, "it takes metadata away")])
        if copied:
            try:
                _measure(value, MAX_PATCHED)
            except _TooLarge as large:
                raise Refused([self._result(before, f"the patch can not be applied: {large}")]) from None
        self._keep(manifest, value, before)
        return value

    def _keep(self, manifest: Manifest, value: Manifest, before: Identity) -> None:
        """Refuses what would make it another object, or somebody else's."""
        for part in ("labels", "annotations"):
            if not isinstance(value["metadata"].get(part, {}), dict | type(None)):
                raise Refused([self._result(before, f"the patch leaves metadata.{part} that are no mapping")])
        if identity_of(value) != before:
            text = (
                "the patch changes apiVersion, kind, name or namespace: then it is another object; "
                "change them where the object is made"
            )
            raise Refused([self._result(before, text)])
        for path in _KEPT:
            if get(manifest, "metadata", *path) != get(value, "metadata", *path):
                field = path_text(("metadata", *path))
                text = f"the patch changes {field}, by which kgen knows its own output: patch another field"
                raise Refused([self._result(before, text)])

    def _failed(self, identity: Identity, index: int, cause: str) -> Result:
        operation = self.operations[index]
        text = f"operation {index + 1} ({operation['op']} {operation['path']}) can not be applied: {cause}"
        return self._result(identity, text)

    def _result(self, identity: Identity, text: str) -> Result:
        return Result(
            f"{self.place}: {text}",
            rule="json-patch",
            api_version=identity.api_version,
            kind=identity.kind,
            namespace=identity.namespace,
            name=identity.name,
            file=self.origin.file,
            line=self.origin.line,
        )


class _Fails(Exception):
    """An operation can not be applied. Without the library's own text, which can hold a value."""


class _TooLarge(Exception):
    """What an operation would make is more than an object can be; its text says in which way."""


def _weight(value: Manifest, operation: Operation, allowed: int) -> int:
    """What an operation copies: values and characters. Raises _TooLarge where that is too much, or lies too deep."""
    import jsonpointer

    if operation["op"] in ("remove", "test"):
        return 0
    depth = operation["path"].count("/")
    if "from" not in operation:
        _measure(operation["value"], MAX_PATCHED, depth)
        return 0
    try:
        moved = jsonpointer.resolve_pointer(value, operation["from"])
    except (jsonpointer.JsonPointerException, TypeError, LookupError, ValueError):
        raise _Fails from None
    weight = _measure(moved, allowed if operation["op"] == "copy" else MAX_PATCHED, depth)
    return weight if operation["op"] == "copy" else 0


def _measure(value: Any, allowed: int, depth: int = 0) -> int:
    """Values and characters of a value that lies `depth` levels down."""
    weight = 0
    rest = [(value, depth)]
    while rest:
        one, level = rest.pop()
        weight += len(one) + 1 if isinstance(one, str) else 1
        if weight > allowed:
            raise _TooLarge("it makes the object too large: write the values out, or copy less")
        if level > MAX_DEPTH:
            raise _TooLarge(f"it nests deeper than {MAX_DEPTH} levels, which no Kubernetes object is: take levels out")
        if isinstance(one, dict):
            weight += sum(map(len, one))
            rest += [(inner, level + 1) for inner in one.values()]
        elif isinstance(one, list):
            rest += [(inner, level + 1) for inner in one]
    return weight


def _apply(value: Manifest, operation: Operation) -> None:
    import copy

    import jsonpatch
    import jsonpointer

    try:
        if operation["op"] == "test":
            # jsonpatch compares as Python does, to which true is 1.
            if not same(jsonpointer.resolve_pointer(value, operation["path"]), operation["value"]):
                raise _Fails
            return
        # A later operation may change what this one puts in, and the patch is used again for the next object.
        patch: Any = [copy.deepcopy(operation)]
        jsonpatch.apply_patch(value, patch, in_place=True)  # its path is never the whole object
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, LookupError, ValueError):
        raise _Fails from None


def _cause(operation: Operation) -> str:
    match operation["op"]:
        case "test":
            return "the value there is another"
        case "add":
            return "what it adds to does not exist; add that first, or check the path"
        case "remove" | "replace":
            return "there is nothing at that path"
        case _:
            return f"{operation['from']} or what the path adds to does not exist"


def nothing_matched(patch: Patch, identities: list[Identity]) -> Result:
    """The error of a patch whose target selects no object of the run, with the nearest that there is."""
    import difflib

    literal = {field: pattern.pattern for field, pattern in patch.target.patterns}

    def likeness(identity: Identity) -> float:
        wanted = " ".join(literal.get(field, "") for field in ("kind", "namespace", "name"))
        return difflib.SequenceMatcher(None, wanted, f"{identity.kind} {identity.namespace} {identity.name}").ratio()

    # Of very many objects, those of the kind that was asked for come first; comparing all would take seconds.
    same = [identity for identity in identities if identity.kind == literal.get("kind")] or identities
    nearest = max(same[:1000], key=likeness, default=None)
    if nearest is None:
        near = "there are no objects at all"
    elif not literal or any(patch.target.matches_identity(identity) for identity in identities):
        near = f"no object has these labels and annotations, {nearest} ({nearest.api_version}) neither"
    else:
        near = f"the nearest object is {nearest} ({nearest.api_version})"
    return Result(
        f"{patch.place}: no object matches the target {patch.target.text}; {near}: "
        "correct the target, or take the patch out",
        rule="patch-without-target",
        field="target",
        file=patch.origin.file,
        line=patch.origin.line,
    )


def read(entries: Any, file: str, lines: tuple[int, ...] = ()) -> list[Patch]:
    """The patches of one file, from its value; `lines`, where each begins. Raises Refused with all that is wrong."""
    problems: list[Result] = []
    found: list[Patch] = []
    if not isinstance(entries, list):
        raise Refused([_wrong(file, "", "", "must be a list of patches, each with target and patch")])
    for index, entry in enumerate(entries):
        place = f"{file}, patch {index + 1}"
        origin = Origin(file, 0, lines[index] if lines else 0)
        try:
            found.append(_patch(entry, origin, place))
        except ValueError as error:
            field, _, reason = str(error).partition(" ")
            problems.append(_wrong(file, place, field, reason)._replace(line=origin.line))
    if problems:
        raise Refused(problems)
    return found


def _wrong(file: str, place: str, field: str, reason: str) -> Result:
    text = f"{place or file}: {field} {reason}" if field else f"{place or file} {reason}"
    return Result(text, rule="patch-shape", field=field, file=file)


def _patch(entry: Any, origin: Origin, place: str) -> Patch:
    if not isinstance(entry, dict):
        raise ValueError("patch must be a mapping with target and patch")
    for key in entry:
        if key not in ("target", "patch"):
            hint = "; the options and path of kustomize are not supported" if key in ("options", "path") else ""
            raise ValueError(f"{key} is not known: a patch has target and patch{hint}")
    target = entry.get("target")
    if not isinstance(target, dict) or not any(target.values()):
        raise ValueError(f"target must be a mapping with at least one of {', '.join(FIELDS)}")
    for key, value in target.items():
        if key not in FIELDS:
            raise ValueError(f"target.{key} is not known: known are {', '.join(FIELDS)}")
        if not isinstance(value, str):
            raise ValueError(f"target.{key} must be text")
    selector = compile_selector(target)
    operations = entry.get("patch")
    if isinstance(operations, str):
        operations = _parse(operations, origin.file)
    if not isinstance(operations, list) or not operations:
        raise ValueError("patch must be a list of operations, or the same as text")
    for index, operation in enumerate(operations):
        _check(operation, f"patch[{index}]")
    return Patch(selector, tuple(operations), origin, place)


def _parse(text: str, file: str) -> Any:
    from kgen.load import yaml_read

    try:
        return yaml_read.parse_value(text.encode(), file)
    except Refused as refused:
        raise ValueError(f"patch as text is no YAML or JSON: {refused}") from None


def _check(operation: Any, field: str) -> None:
    if not isinstance(operation, dict) or not isinstance(operation.get("op"), str) or operation["op"] not in _MEMBERS:
        raise ValueError(f"{field} must be a mapping whose op is one of {', '.join(_MEMBERS)}")
    members = _MEMBERS[operation["op"]]
    for key in operation:
        if key not in ("op", "comment", *members):
            raise ValueError(f"{field}.{key} is not known: {operation['op']} has {', '.join(members)}")
    for key in members:
        if key not in operation:
            raise ValueError(f"{field}.{key} is missing: {operation['op']} has {', '.join(members)}")
        if key != "value" and not _is_pointer(operation[key]):
            raise ValueError(f"{field}.{key} must be a JSON pointer such as /spec/replicas, with ~1 for / and ~0 for ~")


def _is_pointer(value: Any) -> bool:
    import re

    return isinstance(value, str) and re.fullmatch(r"(?:/(?:[^~/]|~[01])*)+", value) is not None
