"""No secret stands in a link in clear: not in an address, not among a model's parameters, not in a variable's value.

Everything of a link is written into a custom resource that many may read, and lies in git. Names of variables that say
"secret" are refused in definitions.py; here it is what a value shows. Values are never printed.
"""

from collections.abc import Iterator

from kgen.kinds.secrecy import holds_secret
from kgen.manifests import Document
from kgen.records import Any
from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about


def check(draft: Draft) -> Iterator[Result]:
    platform = draft.platform
    default = (platform.manifest["spec"].get("defaults") or {}).get("model")
    if default:
        yield from _model(default, platform, "spec.defaults.model")
    for field, address in _addresses(platform.manifest["spec"]):
        if _has_password(address):
            message = "holds a password, which would be in objects and in git in clear: leave it out of the address"
            yield about(platform, "literal-secret", field, message)
    for end in draft.ends.values():
        define = end.facts.get("define")
        if define is None:
            continue
        mention = end.says("define")
        field = f"{mention.field}.define"
        if define.get("model"):
            yield from _model(define["model"], mention.document, f"{field}.model")
        for position, variable in enumerate(define.get("env") or ()):
            if _has_password(variable.get("value")):
                message = (
                    f"the address in {variable['name']} holds a password, which would be in git in clear: put the "
                    "whole address into a Secret and use valueFrom: {secretKeyRef: {name: ..., key: ...}}"
                )
                yield about(mention.document, "literal-secret", f"{field}.env[{position}].value", message)


def _addresses(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Addresses of the Platform that are written into objects."""
    for section in ("secrets", "certificates"):
        yield f"spec.{section}.vault.server", (spec[section].get("vault") or {}).get("server")
    yield "spec.monitoring.runbookUrl", spec["monitoring"].get("runbookUrl")


def _model(model: dict[str, Any], document: Document, field: str) -> Iterator[Result]:
    if _has_password(model.get("baseUrl")):
        message = "holds a password, which would be in the ModelConfig in clear: leave it out and use apiKeySecretRef"
        yield about(document, "literal-secret", f"{field}.baseUrl", message)
    for name, value in (model.get("parameters") or {}).items():
        if _has_password(value) or (holds_secret(name) and isinstance(value, str) and value):
            message = "looks like a secret and would be in the ModelConfig in clear: use apiKeySecretRef"
            yield about(document, "literal-secret", f"{field}.parameters.{name}", message)


def _has_password(value: Any) -> bool:
    """Whether a text is an address with user:password@ in it (RFC 3986, userinfo)."""
    if not isinstance(value, str) or "://" not in value:
        return False
    authority = value.partition("://")[2].partition("/")[0]
    userinfo, at, _ = authority.rpartition("@")
    return bool(at) and bool(userinfo.partition(":")[2])
