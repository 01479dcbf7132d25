"""The forms that texts in the kinds may have: a pattern, and how to say it to a person.

Each pattern means the same to Python's `re` (matched whole), to pydantic-core (Rust `regex`) and to
JSON Schema (ECMA 262): no look-around, no `\\d` or `\\s` (Python's are Unicode), anchored at both ends.
Both the models and the explanations of a refusal read from here, so that they can not disagree.
"""

from typing import NamedTuple


class Form(NamedTuple):
    """One form of text. `expected` continues "expected …"; `example` is a value that matches."""

    pattern: str
    expected: str
    example: str
    longest: int = 253


_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = f"({_OCTET}[.]){{3}}{_OCTET}"
_IPV6 = "[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7}"
_HOST = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)"
_SUBDOMAIN = f"{_HOST}*"
_QUALIFIED = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"

NAME = Form(f"^{_LABEL}$", "a name of lower-case letters, digits and '-' (at most 63)", "orchestrator", 63)
AGENT = Form(
    f"^({_LABEL}/)?{_LABEL}$",
    "an agent as namespace/name, or name alone in the document's namespace",
    "team-beta/specialist",
    127,
)
QUALIFIED_AGENT = Form(f"^{_LABEL}/{_LABEL}$", "an agent as namespace/name", "team-beta/specialist", 127)
AGENTS = Form(
    f"^(({_LABEL}/)?{_LABEL}|{_LABEL}/[*])$",
    "an agent as namespace/name or name, or namespace/* for all of a namespace",
    "team-alpha/orchestrator",
    127,
)
QUALIFIED_AGENTS = Form(
    f"^{_LABEL}/({_LABEL}|[*])$",
    "an agent as namespace/name, or namespace/* for all of a namespace",
    "team-alpha/orchestrator",
    127,
)
OBJECT_NAME = Form(f"^{_SUBDOMAIN}$", "a name of lower-case letters, digits, '-' and '.'", "specialist-token")
DATA_KEY = Form("^[-._a-zA-Z0-9]+$", "a key of letters, digits, '-', '_' and '.'", "token")
HOST = Form(f"^{_HOST}+$", "a DNS name with at least one dot, without scheme, port or wildcard", "api.example.com")
TRUST_DOMAIN = Form("^(spiffe://)?[a-z0-9._-]+$", "a SPIFFE trust domain in lower case", "cluster.local", 255)
CIDR = Form(
    f"^({_IPV4}/(3[0-2]|[12]?[0-9])|{_IPV6}/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$",
    "a block of addresses in CIDR form",
    "203.0.113.0/24",
    43,
)
ADDRESS = Form(f"^({_IPV4}|{_IPV6})$", "an IP address", "169.254.20.10", 39)
URL = Form("^https?://[!-~]+$", "a URL that begins with http:// or https://", "https://llm.example", 2048)
HTTPS_URL = Form("^https://[!-~]+$", "a URL that begins with https://", "https://idp.example.com", 2048)
HTTP_PATH = Form("^/[!-~]*$", "a path that begins with /", "/", 1024)
HEADER = Form("^[A-Za-z0-9!#$%'*+.^_|&-]+$", "the name of an HTTP header", "X-Agent-Token", 256)
DATE = Form("^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "a date as YYYY-MM-DD", "2027-03-31", 10)
DURATION = Form("^([0-9]{1,9}(h|m|s))+$", "a duration of hours, minutes and seconds", "2160h", 32)
WITHIN_A_DAY = Form(
    "^(([1-9]|1[0-9]|2[0-4])h|([1-9][0-9]{0,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)m)$",
    "a duration of at most 24h, in whole hours or minutes",
    "24h",
    5,
)
KUBERNETES_VERSION = Form("^1[.][0-9]{2}$", "a Kubernetes minor version", "1.33", 4)
POD_SECURITY_VERSION = Form("^(v1[.][0-9]{2}|latest)$", "a Pod Security version", "v1.33", 6)
IMAGE = Form("^[A-Za-z0-9][A-Za-z0-9._:/@-]*$", "a container image", "registry.example/agent:1", 512)
ENVIRONMENT_VARIABLE = Form("^[!-<>-~]+$", "the name of an environment variable", "LOG_LEVEL")
FOLDER = Form("^[A-Za-z0-9._-][A-Za-z0-9._ /-]*$", "a relative folder", "teams/alpha", 1024)
GLOB = Form(r"^[A-Za-z0-9._*?-][A-Za-z0-9._*?! /\[\]-]*$", "a relative file name or glob", "links/*.yaml", 1024)
LABEL_KEY = Form(
    f"^({_SUBDOMAIN}/)?{_QUALIFIED}$", "the key of a label: name, or domain/name", "app.kubernetes.io/name", 317
)
LABEL_VALUE = Form(f"^({_QUALIFIED})?$", "the value of a label: letters, digits, '-', '_' and '.'", "prometheus", 63)
PROVIDER = Form("^[A-Za-z0-9]+$", "a model provider as kagent names it", "Anthropic", 64)
SUFFIX = Form("^[-a-z0-9]*[a-z0-9]$", "the end of a name: lower-case letters, digits and '-'", "-sa", 20)
VERB = Form("^[a-z]+$", "a verb of the Kubernetes API; * is refused", "get", 64)
RESOURCE = Form(
    "^[a-z][a-z0-9]*([.][a-z0-9-]+)*(/[a-z]+)?$",
    "a resource as plural, plural.group or plural.group/subresource; * is refused",
    "agents.kagent.dev",
)
SCHEDULE = Form(
    "^[0-9*,/-]+( [0-9*,/-]+){2}( [0-9A-Za-z*,/-]+){2}$",
    "a schedule of five cron fields: minute, hour, day of month, month, day of week",
    "17 3 * * *",
    100,
)
WIREGUARD_KEY = Form(
    "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
    "a WireGuard public key, as wg pubkey prints it",
    "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
    44,
)
METRIC = Form("^[a-zA-Z_:][a-zA-Z0-9_:]*$", "the name of a Prometheus metric", "kgen_audit_refused_total", 200)
INTERFACE = Form("^[a-z][a-z0-9-]{0,14}$", "the name of a network interface", "wg0", 15)
KMS_ENDPOINT = Form("^unix:///[A-Za-z0-9._/-]+$", "a socket as unix:///path", "unix:///run/kms/kms.sock", 120)
ABSOLUTE_PATH = Form("^/[A-Za-z0-9._/-]+$", "an absolute path", "/etc/kubernetes/audit-policy.yaml", 107)
SOCKET_PATH = Form(
    "^(/[A-Za-z0-9_-][A-Za-z0-9._-]*){2,}$",
    "the absolute path of a file in a folder of its own",
    "/spiffe-workload-api/spire-agent.sock",
    107,
)

FORMS: dict[str, Form] = {form.pattern: form for form in list(globals().values()) if isinstance(form, Form)}
