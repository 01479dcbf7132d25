"""What an Application asks the Argo CD plugin for: its parameters, and plugin.env for those who can not give any.

Argo CD sends what an Application sets and nothing else, so what is announced as a default is applied here.
"""

from collections.abc import Mapping, Sequence

from kgen.entry.floor import LOCKED, PROOFS, Floor
from kgen.load import platform
from kgen.manifests import Document, parse_path
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, Refused, Result

PARAMETERS, PREFIX = "ARGOCD_APP_PARAMETERS", "ARGOCD_ENV_KGEN_"
CHOICES = ("overlay", "platform", "namespace", "cluster-scoped", "prove", "values")
"""Parameters that are no fields of the Platform."""
BY_ENVIRONMENT = {
    "OVERLAY": "overlay",
    "PLATFORM": "platform",
    "NAMESPACE": "namespace",
    "CLUSTER_SCOPED": "cluster-scoped",
    "PROFILE": "profile",
    "PROVE": "prove",
}


class Asked(NamedTuple):
    """What one Application asks for, its gaps filled with the defaults."""

    overlays: tuple[str, ...] = ()
    platform: str | None = None
    namespace: str = ""
    cluster_scoped: bool = False
    fragments: tuple[Document, ...] = ()  # of the Platform, the last one counts
    prove: str = ""  # false, true or strict; "" where nobody says


def read(environment: Mapping[str, str], floor: Floor, root: str = ".") -> Asked:
    """Parameters over plugin.env over defaults, under the floor's locks. Raises Refused with all problems.

    `root` is the repository's, where locked files that begin with a slash begin.
    """
    problems: list[Result] = []
    values: dict[str, str] = {}
    given: dict[str, tuple[str, ...]] = {}
    for name, value in {**_environment(environment, problems), **_parameters(environment, problems)}.items():
        if name == "values":
            values |= _values(value, problems)
        elif name in CHOICES:
            given[name] = _texts(name, value, problems)
        elif (text := _text(value)) is not None:
            values[name] = text
    for name in sorted(values):
        _check_path(name, problems)
    if problems:
        raise Refused(problems)
    fragments = [platform.parameter_fragment(values)] if values else []
    if "values" in floor.choices and values:
        problems.append(_locked("values", ()))
    for name, locked in floor.choices.items():
        if name in given and given[name] != locked:
            problems.append(_locked(name, locked))
        elif locked:
            given[name] = tuple(f"{root}/{value[1:]}" if value.startswith("/") else value for value in locked)
    if problems:
        raise Refused(problems)
    if imposed := floor.imposed():
        fragments.append(platform.parameter_fragment(imposed, LOCKED))
    namespace, switch = _one("namespace", given), _one("cluster-scoped", given).lower()
    if switch not in ("", "true", "false"):
        problems.append(_wrong("cluster-scoped", "expected true or false"))
    if namespace and switch == "true":
        problems.append(_wrong("cluster-scoped", "can not be true with a namespace: an Application has one slice"))
    prove = _one("prove", given).lower()
    if prove not in ("", *PROOFS):
        problems.append(_wrong("prove", f"expected one of {', '.join(PROOFS)}"))
    if problems:
        raise Refused(problems)
    overlays = tuple(_relative(name) for name in given.get("overlay", ()))
    named = _one("platform", given)
    return Asked(overlays, _relative(named) if named else None, namespace, switch == "true", tuple(fragments), prove)


def trusted(asked: Asked, floor: Floor) -> frozenset[str]:
    """The files of Platform and overlays that locks themselves name: whoever locks them answers for what is in them."""
    from posixpath import normpath

    files = [asked.platform] if asked.platform and floor.choices.get("platform") else []
    for name in asked.overlays if floor.choices.get("overlay") else ():
        files += [f"{name.rstrip('/')}/platform.yaml", f"overlays/{name}/platform.yaml"]
    return frozenset(normpath(file) for file in files)


def _parameters(environment: Mapping[str, str], problems: list[Result]) -> dict[str, Any]:
    """The parameters by name: text, a list of texts, or a mapping of texts; the empty ones are not set."""
    import json

    text = environment.get(PARAMETERS, "")
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        found = text
    if found is None:  # no plugin, or none of its parameters, is set
        return {}
    if not isinstance(found, list):
        problems.append(Result(f"{PARAMETERS} is no JSON list of parameters", ERROR, "parameters"))
        return {}
    values: dict[str, Any] = {}
    for item in found:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str) or not name:
            problems.append(Result("a parameter has no name: give each one a name", ERROR, "parameters"))
            continue
        kinds = [kind for kind in ("string", "array", "map") if item.get(kind) is not None]
        if len(kinds) > 1 or name in values:
            problems.append(_wrong(name, "is given twice: keep one"))
        elif kinds and item[kinds[0]] not in ("", [], {}):
            values[name] = item[kinds[0]]
    return values


def _environment(environment: Mapping[str, str], problems: list[Result]) -> dict[str, str]:
    found = {}
    for name in sorted(environment):
        own = name.removeprefix(PREFIX)
        if own == name or not environment[name]:
            continue
        if own in BY_ENVIRONMENT:
            found[BY_ENVIRONMENT[own]] = environment[name]
        else:
            known = ", ".join(f"KGEN_{each}" for each in BY_ENVIRONMENT)
            message = f"plugin.env has KGEN_{own[:60]}, which kgen does not read: it reads {known}"
            problems.append(Result(message, ERROR, "parameters"))
    return found


def _texts(name: str, value: Any, problems: list[Result]) -> tuple[str, ...]:
    """One text or several; a comma separates them, because plugin.env has no lists."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")] if name == "overlay" else [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        found = tuple(each for each in value if each)
        if not all(map(str.isprintable, found)):
            problems.append(_wrong(name, "has a character that no name has"))
            return ()
        if len(found) <= 1 or name == "overlay":
            return found
    problems.append(_wrong(name, "expected a list of texts" if name == "overlay" else "expected one text"))
    return ()


def _values(value: Any, problems: list[Result]) -> dict[str, str]:
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return {name: value[name] for name in sorted(value)}
    problems.append(_wrong("values", "expected a map of texts, such as kagent.version: 0.9"))
    return {}


def _text(value: Any) -> str | None:
    """A value of the Platform as text, which its field's type is read from."""
    if isinstance(value, str):
        return value
    import json

    return json.dumps(value)


def _check_path(name: str, problems: list[Result]) -> None:
    from kgen.kinds.nearest import nearest

    try:
        path = parse_path(name.removeprefix("spec."))
    except ValueError:
        path = ()
    if path and platform.field(("spec", *path)) is not None:
        return
    schema: Any = platform.field(("spec",))
    near = nearest(str(path[0]) if path else name, (*CHOICES, *_fields(schema)))
    hint = f"; did you mean {near}?" if near and (len(path) == 1) else "; write a path below spec, e.g. kagent.version"
    problems.append(_wrong(name, "there is no such parameter, nor field of the Platform" + hint))


def _fields(schema: Any) -> Sequence[str]:
    if "$ref" in schema:
        from kgen import kinds

        schema = kinds.schema("Platform")["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return tuple(schema.get("properties", ()))


def _one(name: str, given: Mapping[str, tuple[str, ...]]) -> str:
    return next(iter(given.get(name, ())), "")


def _relative(path: str) -> str:
    """`-` is a name like any other: nothing comes on standard input."""
    return "./-" if path == "-" else path


def _locked(name: str, locked: tuple[str, ...]) -> Result:
    message = f"is locked by {LOCKED} of this Argo CD"
    return _wrong(name, message + (f" to {', '.join(locked)}" if locked else "") + ": take it out of the Application")


def _wrong(name: str, what: str) -> Result:
    return Result(f"parameter {name[:80]!r}: {what}", ERROR, "parameters")
