"""Names under which a value may be a secret: such values are never shown, and never written literally.

What is never shown is kept wide on purpose: hiding a harmless value costs a line in a message, showing a secret costs
the secret. What is refused as a literal is kept exact: a refusal of API_KEY_FILE would cost the user a working agent.
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


_HOLDING = (
    ("PASSWORD",),
    ("PASSWORDS",),
    ("PASSWD",),
    ("PASSPHRASE",),
    ("PASSPHRASES",),
    ("SECRET",),
    ("SECRETS",),
    ("TOKEN",),
    ("CREDENTIAL",),
    ("CREDENTIALS",),
    ("APIKEY",),
    ("APIKEYS",),
    ("API", "KEY"),
    ("API", "KEYS"),
    ("ACCESS", "KEY"),
    ("ACCESS", "KEYS"),
    ("PRIVATE", "KEY"),
    ("PRIVATE", "KEYS"),
    ("SIGNING", "KEY"),
    ("SIGNING", "KEYS"),
    ("ENCRYPTION", "KEY"),
    ("ENCRYPTION", "KEYS"),
    ("AUTHORIZATION",),
)
_OWNERS = frozenset(("ACCESS", "API", "AUTH", "BEARER", "BOT", "GITHUB", "GITLAB", "REFRESH", "SERVICE", "SLACK"))
_NOT_THE_VALUE = frozenset(
    (
        "FILE",
        "PATH",
        "DIR",
        "NAME",
        "URL",
        "URI",
        "ENDPOINT",
        "TTL",
        "EXPIRY",
        "LENGTH",
        "LIMIT",
        "BUDGET",
        "COUNT",
        "USAGE",
        "ISSUER",
        "ID",
    )
)


def holds_secret(variable: str) -> bool:
    """Whether a variable of this name holds a secret itself, not where to find one: API_KEY, not TOKEN_FILE."""
    words = _words(variable)
    if words[-1] in _NOT_THE_VALUE:
        return False
    if words[-1] == "TOKENS" and (len(words) == 1 or words[-2] in _OWNERS):
        return True  # API_TOKENS are several of them, where MAX_TOKENS and TOKENS_PER_MINUTE are a number
    return any(words[at : at + len(word)] == word for word in _HOLDING for at in range(len(words)))


def _words(variable: str) -> tuple[str, ...]:
    """API_KEY, apiKey and api-key alike as API, KEY."""
    text = ""
    for before, letter in zip(" " + variable, variable, strict=False):
        boundary = letter.isupper() and (before.islower() or before.isdigit())
        text += "_" + letter if boundary else letter
    return tuple(text.replace("-", "_").replace(".", "_").upper().split("_"))
