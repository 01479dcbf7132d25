"""AuthBridge: the proxy behind the egress gateway, as its process reads its configuration.

Facts of authlib/config and cmd/authbridge-proxy (kagenti-extensions 0.6, rossoctl/cortex 0.7). Top-level keys and those
of listeners that it does not know it ignores, so that a wrong one would be silent: only these are ever written.
"""

from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import mapping

VERSIONS = ("0.6", "0.7")
PORT = 8081  # the forward proxy, what HTTP_PROXY points at
HEALTH_PORT = 9091  # /healthz and /readyz; not to be set
UID = 1001  # USER of the image
CONFIG_DIR = "/etc/authbridge"
CA_DIR = "/etc/authbridge/tls-bridge-ca"  # holds tls.crt and tls.key, read once at the start
SECRETS_DIR = "/etc/authbridge/secrets"
SPIFFE_SOCKET = "unix:///spiffe-workload-api/spire-agent.sock"
# In the image `authbridge` (cmd/authbridge-proxy, plugins_*.go). `authbridge-lite` has fewer, a build of one's own
# may have others.
PLUGINS = (
    "a2a-parser",
    "ibac",
    "inference-parser",
    "jwt-validation",
    "litellm-budgettrack",
    "mcp-parser",
    "opa",
    "sparc",
    "static-inject",
    "token-broker",
    "token-exchange",
)
PLUGIN_FIELDS = ("name", "id", "on_error", "config")  # any other is refused at the start
ON_ERROR = ("enforce", "observe", "off")
# 0.6 refused an empty list of plugins until May 2026 (pull request 438); this one only reads what passes.
_READER = {"name": "mcp-parser"}


class Settings(NamedTuple):
    """What decides a configuration."""

    version: str
    opens_tls: bool
    passthrough_hosts: tuple[str, ...]
    plugins: tuple[dict[str, Any], ...]
    backend: str  # address of the agent's Service, for 0.6; not used by a forward proxy, but asked for


def config(settings: Settings) -> dict[str, Any]:
    """config.yaml of a gateway.

    Nothing but the forward proxy and the health checks listens beyond the pod: statistics (which show the whole
    configuration) and sessions (which hold what agents say) ask for no authentication.
    """
    old = settings.version == "0.6"
    plugins = list(settings.plugins) or ([_READER] if old else [])
    listener: dict[str, Any] = {
        "forward_proxy_addr": f":{PORT}",
        # Takes only what iptables redirects to it, which is nothing here; it can not be switched off.
        "transparent_proxy_addr": "127.0.0.1:8082",
        "session_api_addr": "127.0.0.1:9094",
    }
    pipeline: dict[str, Any] = {"outbound": {"plugins": plugins}}
    if old:
        # listener.roles came with 0.7: before, the reverse proxy runs too, wants a backend and inbound plugins.
        listener |= {"reverse_proxy_addr": "127.0.0.1:8080", "reverse_proxy_backend": settings.backend}
        pipeline["inbound"] = {"plugins": [{"name": "a2a-parser"}]}
    else:
        listener = {"roles": ["forward"], **listener}
    made: dict[str, Any] = {
        "mode": "proxy-sidecar",
        "listener": listener,
        "stats": {"address": "127.0.0.1:9093"},
        "session": {"enabled": False},
        "tls_bridge": _tls_bridge(settings),
        "pipeline": pipeline,
    }
    if uses_spiffe(settings.plugins):
        made["spiffe"] = {"socket": SPIFFE_SOCKET, "mirror_files": False}
    return made


def _tls_bridge(settings: Settings) -> dict[str, Any]:
    if not settings.opens_tls:
        return {"mode": "disabled"}
    made: dict[str, Any] = {"mode": "enabled", "ca_dir": CA_DIR}
    if settings.version != "0.6":
        # Never an authority of its own making: each pod would have another, and no agent could trust any of them.
        made["generate_ca"] = False
    if settings.passthrough_hosts:
        made["passthrough_hosts"] = list(settings.passthrough_hosts)
    return made


def uses_spiffe(plugins: tuple[dict[str, Any], ...]) -> bool:
    """Whether a plugin identifies itself by SPIFFE (main.go: pluginUsesSPIFFEIdentity)."""
    return any(mapping(mapping(one.get("config")).get("identity")).get("type") == "spiffe" for one in plugins)


def denies(plugins: tuple[dict[str, Any], ...]) -> bool:
    """Whether a plugin can refuse a host: there is no list of hosts in AuthBridge, whatever none matches goes through.

    Only `opa` asks a policy of the user's, and only where its refusals count (on_error: enforce, the default). Upstream
    knows that it fails open (rossoctl/cortex issue 510).
    """
    return any(one.get("name") == "opa" and one.get("on_error", "enforce") == "enforce" for one in plugins)
