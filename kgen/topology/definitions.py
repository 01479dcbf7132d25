"""Definitions: what `define` says of an agent that kgen makes, and what it may not say."""

from kgen.kinds.secrecy import holds_secret
from kgen.records import Any
from kgen.results import Result
from kgen.topology.ends import End
from kgen.topology.index import about
from kgen.topology.requests import Mention
from kgen.topology.types import Definition

# Labels that kagent, this tool, or an operator read as identity (facts of kagent 0.10 manifest_builder.go;
# rossoctl marks its own agents with the type label).
_RESERVED_LABELS = ("app", "kagent", "rossoctl.io/type")
_RESERVED_PREFIXES = ("app.kubernetes.io/", "kgen.dev/")
_ONLY_DECLARATIVE = ("systemMessage", "systemMessageFrom", "model", "modelConfigRef")
_ONLY_IMAGE = ("command", "args")
_HARMLESS = frozenset({"description", "runtime", "systemMessage"})  # nothing among these excludes another


def definition(end: End, results: list[Result]) -> Definition | None:
    """The definition of an agent, None where kgen does not make it."""
    given: dict[str, Any] | None = end.facts.get("define")
    if given is None:
        return None
    mention = end.says("define")
    byo = bool(given.get("image"))
    _check(given, byo, mention, results)
    words = [*(given.get("command") or ()), *(given.get("args") or ())]
    has_command = bool(given.get("command"))
    return Definition(
        description=given["description"],
        byo=byo,
        runtime="" if byo else given.get("runtime") or "python",
        system_message=given.get("systemMessage") or "",
        system_message_from=given.get("systemMessageFrom") or {},
        image=given.get("image") or "",
        command=words[0] if has_command else "",
        args=tuple(words[1:] if has_command else words),
        env=tuple(given.get("env") or ()),
        skills=tuple((given.get("card") or {}).get("skills") or ()),
        replicas=given.get("replicas"),
        resources=given.get("resources") or {},
        labels=given.get("labels") or {},
        image_pull_secrets=tuple([secret["name"] for secret in given.get("imagePullSecrets") or ()]),
    )


def _check(given: dict[str, Any], byo: bool, mention: Mention, results: list[Result]) -> None:
    if given.keys() <= _HARMLESS and given.get("systemMessage"):
        return
    field = f"{mention.field}.define"

    def refuse(name: str, message: str, proposed: object = None) -> None:
        results.append(
            about(mention.document, "define", f"{field}.{name}" if name else field, message, proposed=proposed)
        )

    if byo:
        for name in _ONLY_DECLARATIVE:
            if given.get(name):
                refuse(name, "does not go with image: an image of your own brings its own; remove one of the two")
        if given.get("runtime") == "go":  # python is the default, so it can not be told from silence
            refuse("runtime", "does not go with image: an image of your own is its own runtime; remove one of the two")
    else:
        for name in _ONLY_IMAGE:
            if given.get(name):
                refuse(name, "needs image: kagent's own runtime takes no command; remove it, or give an image")
        if not given.get("systemMessage") and not given.get("systemMessageFrom"):
            refuse("", "needs systemMessage or systemMessageFrom, without which kagent refuses an Agent, or image")
    for one, other in (("systemMessage", "systemMessageFrom"), ("model", "modelConfigRef")):
        if given.get(one) and given.get(other):
            refuse(other, f"does not go with {one}: keep one of them")
    for key in given.get("labels") or {}:
        if key in _RESERVED_LABELS or key.startswith(_RESERVED_PREFIXES):
            refuse(f'labels["{key}"]', "is reserved: kagent, kgen or an operator reads it as identity; use another key")
    for position, variable in enumerate(given.get("env") or ()):
        if variable.get("value") and holds_secret(variable["name"]):
            refuse(
                f"env[{position}].value",
                f"{variable['name']} looks like a secret and would be in git in clear: "
                "use valueFrom: {secretKeyRef: {name: ..., key: ...}}",
            )
