"""Which objects a JSON patch is for: the `target` of kustomize's patches (api/types/selector.go, v0.21).

Group, version, kind, name and namespace are regular expressions that match whole; label and
annotation selectors are those of kubectl (k8s.io/apimachinery/pkg/labels).
"""

import re

from kgen.manifests import Identity, Manifest, get, group_of
from kgen.records import Any, NamedTuple

FIELDS = ("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector")

_MAX_LENGTH = 256
_MAX_REPEATS = 2
_MAX_OPTIONAL = 6
_MAX_GROUPS = 3
_REQUIREMENT = (  # compiled where one is met
    r"\s*(?:(?P<absent>!)\s*(?P<gone>[^\s!=,()]+)"
    r"|(?P<key>[^\s!=,()]+)\s*(?:(?P<equals>==?|!=)\s*(?P<value>[^\s!=,()]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*(?:,|$)"
)


class Requirement(NamedTuple):
    """One term of a label selector: the key has one of the values, or has not; None asks only whether it is there."""

    key: str
    wanted: bool
    values: frozenset[str] | None

    def holds(self, labels: dict[str, Any]) -> bool:
        # As in Kubernetes, an object without the key satisfies `!=` and `notin`.
        found = self.key in labels and (self.values is None or labels[self.key] in self.values)
        return found is self.wanted


class Selector(NamedTuple):
    """A target. A field that is "" matches everything."""

    patterns: tuple[tuple[str, "re.Pattern[str]"], ...]  # field of FIELDS -> compiled
    labels: tuple[Requirement, ...]
    annotations: tuple[Requirement, ...]
    text: str  # for messages: kind=Agent, name=a.*

    def matches_identity(self, identity: Identity) -> bool:
        return all(pattern.fullmatch(_part(identity, field)) for field, pattern in self.patterns)

    def matches_metadata(self, manifest: Manifest) -> bool:
        labels = get(manifest, "metadata", "labels", default={})
        annotations = get(manifest, "metadata", "annotations", default={})
        return all(term.holds(labels) for term in self.labels) and all(
            term.holds(annotations) for term in self.annotations
        )


def _part(identity: Identity, field: str) -> str:
    if field == "group":
        return group_of(identity.api_version)
    if field == "version":
        return identity.api_version.rpartition("/")[2]
    return str(getattr(identity, field))


def compile_selector(target: dict[str, Any]) -> Selector:
    """A target whose values are texts. Raises ValueError with the field and the reason."""
    patterns = [(field, _pattern(field, target[field])) for field in FIELDS[:5] if target.get(field)]
    labels = _requirements("labelSelector", target.get("labelSelector") or "")
    annotations = _requirements("annotationSelector", target.get("annotationSelector") or "")
    text = ", ".join(f"{field}={target[field]}" for field in FIELDS if target.get(field))
    return Selector(tuple(patterns), labels, annotations, text)


def _pattern(field: str, text: str) -> "re.Pattern[str]":
    """A regular expression that can not run for long, whatever name it meets."""
    reason = _refuse(text)
    if not reason:
        try:
            return re.compile(text, re.ASCII)
        except re.error as error:
            reason = f"is no regular expression ({error})"
    raise ValueError(f"target.{field} {reason}")


def _refuse(text: str) -> str:
    # Python's matcher goes back and forth, so patterns are kept to what can be tried out quickly.
    if len(text) > _MAX_LENGTH:
        return f"is longer than {_MAX_LENGTH} characters"
    bare = re.sub(r"\\.", "x", text)
    if re.search(r"\\[1-9]|\(\?(?!:)", text):
        return "uses a back-reference or look-around, which kustomize does not have either"
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "x", bare).replace("(?:", "(")
    if re.search(r"\)[*+{]", bare):
        return "repeats a group: repeat a single character or class instead, as in [a-z-]*"
    if len(re.findall(r"[*+{]", bare)) > _MAX_REPEATS:
        return f"has more than {_MAX_REPEATS} repetitions (* + {{}})"
    if bare.count("?") > _MAX_OPTIONAL or bare.count("(") > _MAX_GROUPS:
        return f"has more than {_MAX_GROUPS} groups or {_MAX_OPTIONAL} optional parts"
    return ""


def _requirements(field: str, text: str) -> tuple[Requirement, ...]:
    found: list[Requirement] = []
    position, pattern = 0, re.compile(_REQUIREMENT)
    while text.strip() and position < len(text):
        match = pattern.match(text, position)
        if match is None or match.end() == position:
            raise ValueError(f"target.{field} is no selector: write key=value, key in (a, b), key or !key, with commas")
        position = match.end()
        found.append(_requirement(match))
    return tuple(found)


def _requirement(match: "re.Match[str]") -> Requirement:
    if match["absent"]:
        return Requirement(match["gone"], False, None)
    if match["equals"]:
        return Requirement(match["key"], match["equals"] != "!=", frozenset({match["value"]}))
    if match["set"]:
        values = frozenset(value.strip() for value in match["values"].split(","))
        return Requirement(match["key"], match["set"] == "in", values)
    return Requirement(match["key"], True, None)
