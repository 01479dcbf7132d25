"""What a merge did to an object, kept on the object itself in the annotation `kgen.dev/wired`.

The record names fields and, for items of lists, the values of their merge keys, so that exactly
this can be taken out again; it never holds the values that were merged. As JSON, a path a line, so
that a change of it can be read in a diff:

    {"added":[
    "metadata.labels[\"kgen.dev/link-hash\"]",
    ["spec.declarative.tools",{"agent.name":"quotes"}]
    ],"made":[
    "spec.declarative.tools"
    ]}

`added` is what kgen put in, `made` the mappings and lists that it had to create for that, `null`
those that stood there as null. A path is a text, or alternately texts and list items.
"""

from kgen.manifests import Manifest, Path, get, identity_of, parse_path, path_text
from kgen.records import Any, NamedTuple
from kgen.results import Refused, Result

ANNOTATION = "kgen.dev/wired"

Item = tuple[tuple[str, Any], ...]
"""A list item by its merge keys: ((name of the key, its value), ...)."""

Step = str | Item
Steps = tuple[Step, ...]

_SELF = "."  # name of the key of an item that is a plain value: the item itself


class Record(NamedTuple):
    """The paths of one or more merges, in the order in which they were made."""

    added: tuple[Steps, ...] = ()
    made: tuple[Steps, ...] = ()
    null: tuple[Steps, ...] = ()


def item_of(value: Any, names: tuple[str, ...], whole: Manifest) -> Item | None:
    """A list item by its merge keys; None where it has none and can not be told apart.

    "x or y" is field x of the item, else field y of the whole object, which must be one that
    never changes (metadata.namespace). No names: the item is a
    plain value and its own key. The first key has to be there; the others may be missing.
    """
    if not names or names == (_SELF,):
        return None if value is None or isinstance(value, dict | list) else ((_SELF, value),)
    if not isinstance(value, dict):
        return None
    found: list[tuple[str, Any]] = []
    for name in names:
        own, _, fallback = name.partition(" or ")
        key = get(value, *parse_path(own.strip()))
        if key in (None, "") and fallback:
            key = get(whole, *parse_path(fallback.strip()))
        if isinstance(key, dict | list):
            return None
        found.append((name, key))
    return tuple(found) if found[0][1] not in (None, "") else None


def find_items(items: list[Any], item: Item, whole: Manifest) -> list[int]:
    """Positions in a list that carry these merge keys."""
    names = tuple(name for name, _ in item)
    return [index for index, value in enumerate(items) if _same(item_of(value, names, whole), item)]


def _same(left: Item | None, right: Item) -> bool:
    # Python takes True for 1; an API server does not.
    return left == right and all(
        isinstance(a, bool) == isinstance(b, bool) for (_, a), (_, b) in zip(left, right, strict=True)
    )


def path_in(manifest: Manifest, steps: Steps) -> Path:
    """A path as keys and positions; it ends with the list where no single item of it is meant."""
    path: list[str | int] = []
    value: Any = manifest
    for step in steps:
        if isinstance(step, str):
            path.append(step)
            value = value.get(step) if isinstance(value, dict) else None
        else:
            found = find_items(value, step, manifest) if isinstance(value, list) else []
            if len(found) != 1:
                break
            path.append(found[0])
            value = value[found[0]]
    return tuple(path)


def text_of(steps: Steps) -> str:
    """A path for people: `spec.declarative.tools[agent.name=quotes].headersFrom`."""
    text = ""
    for step in steps:
        if isinstance(step, str):
            more = path_text((step,))
            text += more if not text or more.startswith("[") else f".{more}"
        else:
            keys = (f"{name.partition(' or ')[0]}={value}" for name, value in step if value is not None)
            text += f"[{', '.join(keys)}]"
    return text


def read(manifest: Manifest) -> Record:
    """The record of an object, empty where it has none. Raises Refused where it is no record of kgen's."""
    raw = get(manifest, "metadata", "annotations", ANNOTATION)
    if raw is None:
        return Record()
    import json

    try:
        value = json.loads(raw)
        if not isinstance(value, dict) or not set(value) <= set(Record._fields):
            raise ValueError("it holds other keys than added, made and null")
        found = Record(*(tuple(_parse(path) for path in _list(value.get(field, []))) for field in Record._fields))
        if ("metadata",) in found.added:
            raise ValueError("it names metadata as a whole")
        return found
    except (ValueError, TypeError, RecursionError) as error:
        raise Refused([invalid(manifest, _reason(error))]) from None


def write(record: Record) -> str:
    """The text of the annotation. Empty parts are left out."""
    import json

    parts = []
    for name, paths in zip(Record._fields, record, strict=True):
        if paths:
            lines = (json.dumps(_plain(path), separators=(",", ":"), ensure_ascii=False) for path in paths)
            parts.append(f'"{name}":[\n' + ",\n".join(lines) + "\n]")
    return "{" + ",".join(parts) + "}\n"


def invalid(manifest: Manifest, reason: str) -> Result:
    """The error of a record that can not be followed."""
    identity = identity_of(manifest)
    return Result(
        f"the annotation {ANNOTATION}, in which kgen notes what it merged, can not be used: {reason}; "
        "restore the manifest from before kgen's merge and take the annotation out of it",
        rule="wired-record",
        api_version=identity.api_version,
        kind=identity.kind,
        namespace=identity.namespace,
        name=identity.name,
        field=path_text(("metadata", "annotations", ANNOTATION)),
    )


def _reason(error: Exception) -> str:
    return str(error) if type(error) is ValueError else "it is no JSON"


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("added, made and null must be lists")
    return value


def _plain(path: Steps) -> Any:
    parts: list[Any] = []
    keys: list[str | int] = []
    for step in path:
        if isinstance(step, str):
            keys.append(step)
        else:
            parts += [path_text(tuple(keys)), dict(step)]
            keys = []
    if keys:
        parts.append(path_text(tuple(keys)))
    return parts[0] if len(parts) == 1 else parts


def _parse(value: Any) -> Steps:
    steps: list[Step] = []
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str):
            keys = parse_path(part)
            if not keys or not all(isinstance(key, str) for key in keys):
                raise ValueError("a path in it names no field")
            steps += [str(key) for key in keys]
        elif isinstance(part, dict) and part and steps and isinstance(steps[-1], str):
            if any(isinstance(key, dict | list) for key in part.values()):
                raise ValueError("a merge key in it is no plain value")
            steps.append(tuple(part.items()))
        else:
            raise ValueError("a path in it is neither text nor a list item")
    if not steps or not isinstance(steps[0], str):
        raise ValueError("a path in it is empty")
    _refuse_identity(steps)
    return tuple(steps)


def _refuse_identity(steps: list[Step]) -> None:
    # Taking one of these out would turn the object into another one.
    if steps[0] in ("apiVersion", "kind") or steps[:2] in (["metadata", "name"], ["metadata", "namespace"]):
        raise ValueError("it names a field that identifies the object")
