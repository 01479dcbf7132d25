"""nginx: the lists that kgen-agents.conf includes.

Quoting rule: every value stands between double quotes, with `\\` and `"` escaped. nginx puts variables into quoted
text too and knows no escape for `$`, so that, like control characters, is refused.
"""

from kgen.topology.machines import Gateway

HEAD = "# Written by kgen; included by /etc/nginx/conf.d/kgen-agents.conf.\n"


def zones(gateway: Gateway) -> str:
    """What is counted, for each client address. The rate can be no variable, so that it stands here."""
    return HEAD + "".join(
        [
            # the first word is a variable on purpose: written here, never from a value
            f"limit_req_zone $binary_remote_addr zone=kgen_requests:10m rate={int(gateway.requests_per_second)}r/s;\n",
            "limit_conn_zone $binary_remote_addr zone=kgen_connections:10m;\n",
        ]
    )


def server(gateway: Gateway) -> str:
    """Names, certificate and limits of the server."""
    resolver = f"[{gateway.resolver}]" if ":" in gateway.resolver else gateway.resolver
    return HEAD + "".join(
        [
            directive("server_name", gateway.server_name),
            directive("ssl_certificate", gateway.certificate),
            directive("ssl_certificate_key", gateway.certificate_key),
            directive("resolver", resolver, "valid=30s"),
            directive("limit_req", "zone=kgen_requests", f"burst={int(gateway.burst)}", "nodelay"),
            directive("limit_conn", "kgen_connections", str(gateway.max_connections)),
        ]
    )


def agents(gateway: Gateway) -> str:
    """Where each published agent is, by its path."""
    return HEAD + "".join(directive(each.path, each.upstream) for each in gateway.agents)


def directive(*words: str) -> str:
    """One line of quoted words."""
    return " ".join(quoted(word) for word in words) + ";\n"


def quoted(text: str) -> str:
    """A text that nginx reads back as it is. Raises ValueError for what it could not."""
    if "$" in text or not text.isprintable():
        raise ValueError(f"no text for nginx: {text!r}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
