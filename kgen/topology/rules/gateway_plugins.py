"""The outbound plugins of the egress gateway: known ones, with fields that AuthBridge takes, and no secret in clear.

AuthBridge refuses a wrong plugin when it starts; then the gateway does not, and no agent gets out.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from kgen.kinds.secrecy import holds_secret
from kgen.records import Any
from kgen.regexes import Regex
from kgen.results import WARNING, Result
from kgen.runtimes import authbridge
from kgen.runtimes.shapes import mapping
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.switches import GATEWAY, is_on

_FIELD = "spec.egressGateway.plugins"
_VARIABLE = Regex("[$][{][A-Za-z_][A-Za-z0-9_]*[}]")


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    if not is_on(spec, GATEWAY) or not spec.get("egressGateway"):
        return
    for position, plugin in enumerate(spec["egressGateway"]["plugins"]):
        field = f"{_FIELD}[{position}]"
        name = plugin.get("name")
        if isinstance(name, str) and name not in authbridge.PLUGINS:
            near = get_close_matches(name, authbridge.PLUGINS, 1)
            message = (
                f"{name} is no plugin of the image authbridge, which has {', '.join(authbridge.PLUGINS)}: unless the "
                "image is a build of your own, the gateway does not start"
            )
            yield about(draft.platform, "gateway-plugin", f"{field}.name", message, WARNING, near[0] if near else None)
        for message, below, proposed in _wrong(plugin):
            yield about(draft.platform, "gateway-plugin", f"{field}{below}", message, proposed=proposed)
        for below, name in _literals(plugin.get("config"), ".config"):
            message = (
                f"{name} looks like a secret, and would be in a ConfigMap in clear: put it into a Secret that "
                f"egressGateway.secrets names, and give the plugin its file below {authbridge.SECRETS_DIR}/NAME"
            )
            yield about(draft.platform, "literal-secret", f"{field}{below}", message)


def _wrong(plugin: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """What AuthBridge would not start with: message, field, nearest valid value."""
    name = plugin.get("name")
    if not isinstance(name, str):
        yield f"has no name; expected one of {', '.join(authbridge.PLUGINS)}", ".name", None
    for key in plugin:
        if key not in authbridge.PLUGIN_FIELDS:
            yield f"AuthBridge takes {', '.join(authbridge.PLUGIN_FIELDS)} only, found {key}", f".{key}", None
    if plugin.get("on_error", "enforce") not in authbridge.ON_ERROR:
        yield f"expected one of {', '.join(authbridge.ON_ERROR)}", ".on_error", "enforce"
    if not isinstance(plugin.get("config", {}), dict):
        yield (
            "expected a mapping, the plugin's own configuration: AuthBridge would not start with this",
            ".config",
            None,
        )
    bundle = mapping(plugin.get("config")).get("bundle_url")
    if name == "opa" and not (isinstance(bundle, str) and bundle):
        yield "opa needs a bundle_url: without a policy it does not start", ".config.bundle_url", None


def _says_something(value: Any) -> bool:
    """Whether a value is written out, or some value in it: texts and numbers. Switches are no secrets."""
    if isinstance(value, dict | list):
        return any(_says_something(inner) for inner in (value.values() if isinstance(value, dict) else value))
    if isinstance(value, str):
        # ${NAME} is put in from the container's environment when AuthBridge starts.
        return bool(value) and not _VARIABLE.fullmatch(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _literals(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """(field, name) of texts that are secrets by their name, or addresses with a password."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{field}.{key}"
            if isinstance(key, str) and holds_secret(key) and _says_something(inner):
                yield here, key
            else:
                yield from _literals(inner, here)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _literals(inner, f"{field}[{position}]")
    elif isinstance(value, str) and "://" in value:
        userinfo, at, _ = value.partition("://")[2].partition("/")[0].rpartition("@")
        if at and userinfo.partition(":")[2]:
            yield field, "the password in this address"
