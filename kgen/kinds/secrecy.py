"""Names under which a value may be a secret: such values are never shown, and never written literally.

Kept wide on purpose: hiding a harmless value costs a line in a message, showing a secret costs the secret.
"""

from kgen.manifests import Path

WORDS: tuple[str, ...] = (
    *("secret", "token", "passw", "passphrase", "pwd", "credential", "auth", "bearer", "cookie", "session", "jwk"),
    *("apikey", "privatekey", "accesskey", "signingkey", "encryptionkey", "connectionstring", "dsn", "webhook", "salt"),
)
PAYLOADS = frozenset(
    [
        "env",
        "command",
        "args",
        "parameters",
        "plugins",
        "rotation",
        "systemMessage",
        "systemMessageFrom",
        "annotations",
        "value",
        "data",
    ]
)
"""Fields that hold what users put there; a secret may be among it under any name."""


def looks_secret(name: str) -> bool:
    """Whether a name (of a field, a variable, a key) says that its value is a secret."""
    letters = name.lower().replace("-", "").replace("_", "").replace(".", "")
    return letters == "key" or letters.endswith("pass") or any(word in letters for word in WORDS)


def may_show(path: Path) -> bool:
    """Whether a scalar found at a path may stand in a message."""
    return not any(isinstance(step, str) and (step in PAYLOADS or looks_secret(step)) for step in path)
