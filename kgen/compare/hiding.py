"""What of a field may be shown. Hidden is whatever could be a secret: no value, no length, no digest of it."""

from kgen.kinds.secrecy import PAYLOADS, looks_secret
from kgen.manifests import Path
from kgen.records import Any

LONGEST = 160
LONGEST_WHOLE = 320
_HASHED = "kgen.dev/link-hash"  # of what users wrote, their rotation text included
_SHOWN_ANNOTATIONS = frozenset(("argocd.argoproj.io/sync-wave",))  # numbers that kgen itself writes
_OF_SECRETS = ("data", "stringData", "binaryData")
_NAMING = frozenset(("name", "namespace", "key", "kind", "optional", "apiGroup"))
_REFERRING = ("Ref", "From", "secretName")


def may_show(kind: str, path: Path) -> bool:
    """Whether a scalar at this path of an object of this kind may be shown."""
    if kind == "Secret" and path and path[0] in _OF_SECRETS:
        return False
    steps = [step for step in path if isinstance(step, str)]
    if len(steps) == 3 and steps[-1] in _SHOWN_ANNOTATIONS and kind != "Secret":
        return True
    if _HASHED in steps:
        return False
    if any(step in PAYLOADS for step in steps):
        # where a variable's value comes from is a name, not a value
        return _names_something(steps) and "valueFrom" in steps and "annotations" not in steps
    return _names_something(steps) or not any(looks_secret(step) for step in steps)


def _names_something(steps: list[str]) -> bool:
    """Whether the field names a Secret rather than holding it: apiKeySecretRef.name, valueFrom.secretKeyRef.key."""
    if steps and steps[-1] == "secretName":
        return True
    return len(steps) > 1 and steps[-1] in _NAMING and steps[-2].endswith(_REFERRING)


def whole_text(value: Any) -> str:
    """A small map or list on one line, as YAML's flow style; "" where it is too long to be read so."""
    text = _flow(value)
    return text if len(text) <= LONGEST_WHOLE else ""


def _flow(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar_text(value)


def scalar_text(value: Any) -> str:
    """A value as YAML would write it, near enough for people, cut where it is long."""
    if value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, dict | list):
        text = "{}" if isinstance(value, dict) else "[]"
    else:
        text = str(value) or '""'
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
