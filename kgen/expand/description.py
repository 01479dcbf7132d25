"""Reads layer.yaml: what a layer is for, from which profile on, what it needs, which controls its documents serve."""

from kgen.expand.grammar import TemplateError
from kgen.expand.layer import PROFILES, Requirement
from kgen.expand.tree import Located, values
from kgen.expand.type_check import nearest
from kgen.load.layers import DESCRIPTION, LayerSource
from kgen.records import Any, NamedTuple

FIELDS = {
    "name": "the layer's name, that of its folder",
    "purpose": "what it is for, in one sentence",
    "from": f"the profile from which on it is enabled: {', '.join(PROFILES)}",
    "wave": "sync wave of its objects, a whole number; 0 where it is left out",
    "requires": "list of {apiVersion, kind, when}: what the cluster must serve; `when` is a condition in words",
    "controls": "file, or file#2 for its second document -> list of the framework controls that it serves",
    "documents": "the template files in their order; where it is left out, all *.yaml files but layer.yaml, by name",
}


class Description(NamedTuple):
    """layer.yaml, checked."""

    name: str
    purpose: str
    profile: str
    wave: int
    requires: tuple[Requirement, ...]
    controls: dict[str, tuple[str, ...]]
    documents: tuple[str, ...]


def read(source: LayerSource) -> Description:
    """Raises Refused, or Located with a line of layer.yaml."""
    if DESCRIPTION not in source.files:
        raise _wrong(f"the folder has no {DESCRIPTION}: a layer needs one, with name, purpose and from")
    documents = values(source.files[DESCRIPTION], f"{source.folder}/{DESCRIPTION}")
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise _wrong(f"{DESCRIPTION} holds one document, a mapping: {', '.join(FIELDS)}")
    value: dict[str, Any] = documents[0].value
    for key in value:
        if key not in FIELDS:
            raise _wrong(
                f"{key} is no field of {DESCRIPTION}: there are {', '.join(FIELDS)}", key, nearest(key, FIELDS)
            )
    for key in ("name", "purpose"):
        if not isinstance(value.get(key), str) or not value[key]:
            raise _wrong(f"{key} is missing or no text: {FIELDS[key]}")
    if value["name"] != source.name:
        name = value["name"]
        raise _wrong(f"name is {name}, the folder's is {source.name}: make them equal", name, source.name)
    if value.get("from") not in PROFILES:
        found = str(value.get("from"))
        raise _wrong(f"from is one of {', '.join(PROFILES)}", found, nearest(found, PROFILES))
    wave = value.get("wave", 0)
    if type(wave) is not int:
        raise _wrong(f"wave is no whole number: {FIELDS['wave']}")
    files = _documents(value.get("documents"), source)
    return Description(
        value["name"],
        value["purpose"],
        value["from"],
        wave,
        tuple(_requirement(one) for one in _list(value.get("requires"), "requires")),
        _controls(value.get("controls"), files),
        files,
    )


def _wrong(message: str, current: str | None = None, proposed: str | None = None) -> Located:
    return Located(TemplateError(message, current, proposed or None), 1)


def _list(value: Any, key: str) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    raise _wrong(f"{key} is no list: {FIELDS[key]}")


def _requirement(value: Any) -> Requirement:
    keys = ("apiVersion", "kind", "when")
    if (
        not isinstance(value, dict)
        or not {"apiVersion", "kind"} <= value.keys() <= set(keys)
        or not all(isinstance(one, str) for one in value.values())
    ):
        raise _wrong(f"requires: {FIELDS['requires']}")
    return Requirement(value["apiVersion"], value["kind"], value.get("when", ""))


def _documents(value: Any, source: LayerSource) -> tuple[str, ...]:
    if value is None:
        return tuple(name for name in sorted(source.files) if name.endswith(".yaml") and name != DESCRIPTION)
    names = _list(value, "documents")
    for name in names:
        if name not in source.files:
            close = nearest(str(name), source.files)
            raise _wrong(f"documents: there is no file {name} in the folder", str(name), close)
    if len(set(names)) != len(names):
        raise _wrong("documents names a file twice")
    return tuple(names)


def _controls(value: Any, files: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(f"controls is no mapping: {FIELDS['controls']}")
    for key, controls in value.items():
        name, _, number = key.partition("#")
        if name not in files or (number and not number.isdecimal()):
            raise _wrong(f"controls: {key} is no template of the layer, nor one with #2", key, nearest(name, files))
        if not isinstance(controls, list) or not all(isinstance(one, str) for one in controls):
            raise _wrong(f"controls: {key} is no list of texts")
    return {key: tuple(controls) for key, controls in value.items()}
