"""Kubernetes objects as data: the one dict type, their identity, where they came from, paths into them."""

from kgen.records import Any, NamedTuple

Manifest = dict[str, Any]
"""One Kubernetes object as plain values. Treat as immutable: copy before changing."""

Path = tuple[str | int, ...]
"""Keys and list positions from the root, e.g. ("spec", "to", 1)."""


class Origin(NamedTuple):
    """Where a document was read: file as the user named it ("" when unknown), document from 0, first line from 1."""

    file: str = ""
    index: int = 0  # type: ignore[assignment]  # hides tuple.index, which nobody asks for
    line: int = 0


class Document(NamedTuple):
    """One object of the input and its origin."""

    manifest: Manifest
    origin: Origin


class Identity(NamedTuple):
    """What makes two manifests the same object to the API server, except for the version."""

    api_version: str
    kind: str
    namespace: str  # "" for cluster-scoped objects
    name: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The version left out: apps/v1 and apps/v1beta1 are one object."""
        return (group_of(self.api_version), self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


def group_of(api_version: str) -> str:
    """API group of an apiVersion; "" for the core group."""
    return api_version.rpartition("/")[0]


def identity_of(manifest: Manifest) -> Identity:
    """Identity of a manifest whose apiVersion, kind and metadata.name are text (load/ refuses others)."""
    metadata = manifest.get("metadata") or {}
    return Identity(
        manifest.get("apiVersion") or "",
        manifest.get("kind") or "",
        metadata.get("namespace") or "",
        metadata.get("name") or "",
    )


def get(value: Any, *path: str | int, default: Any = None) -> Any:
    """The value at a path, or `default` where any step of it is missing or of another shape."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return default
    return default if value is None else value


def path_text(path: Path) -> str:
    """A path for people: `spec.to[1].name`; a key with other characters is quoted: `metadata.labels["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("-", "a").replace("_", "a").replace("$", "a").isalnum():
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def parse_path(text: str) -> Path:
    """The inverse of `path_text`. Raises ValueError where the text is no such path."""
    path: list[str | int] = []
    rest = text
    while rest:
        if rest.startswith('["'):
            key, end = "", 2
            while end < len(rest) and rest[end] != '"':
                end += rest[end] == "\\"
                key += rest[end : end + 1]
                end += 1
            if rest[end : end + 2] != '"]':
                raise ValueError(f"not a field path: {text}")
            path.append(key)
            rest = rest[end + 2 :]
        elif rest.startswith("["):
            number, bracket, after = rest[1:].partition("]")
            if not bracket or not number.isdigit():
                raise ValueError(f"not a field path: {text}")
            path.append(int(number))
            rest = after
        else:
            rest = rest.removeprefix(".") if path else rest
            stop = min((i for i in (rest.find("."), rest.find("[")) if i >= 0), default=len(rest))
            if not stop:
                raise ValueError(f"not a field path: {text}")
            path.append(rest[:stop])
            rest = rest[stop:]
    return tuple(path)
