"""The floor of an Argo CD installation: what no repository and no Application may go below.

It stands in the plugin container's own environment, which a request can not reach: Argo CD gives requests names of
their own (ARGOCD_*, KUBE_*, PARAM_*). See docs/hosts/argocd.md.
"""

from collections.abc import Mapping, Sequence

from kgen.entry.request import Request
from kgen.load import platform
from kgen.manifests import Document, Path, get, parse_path, path_text
from kgen.records import TYPE_CHECKING, Any, NamedTuple
from kgen.results import ERROR, Refused, Result

if TYPE_CHECKING:
    from kgen.bundle import Bundle

PROFILE, CONSENT, LOCKED = "KGEN_MINIMUM_PROFILE", "KGEN_REQUIRE_CONSENT", "KGEN_LOCKED_PARAMETERS"
PROOF = "KGEN_REQUIRE_PROOF"
NAMES = (PROFILE, CONSENT, PROOF, LOCKED)
PROFILES = ("Baseline", "Mesh", "Hardened", "ZeroTrust")
CONSENTS = ("NotRequired", "CrossNamespace", "Required")
PROOFS = ("false", "true", "strict")
"""No proof; none that is refuted; none that is not complete either."""
PATCHES = "patches"
_OURS = "the environment of the kgen plugin"


class Lock(NamedTuple):
    """A field of the Platform, below spec, that the application may not write otherwise."""

    path: Path  # "*" is any name of a mapping
    value: str | None  # what it is; None: nobody writes it, and it keeps its default


class Floor(NamedTuple):
    """`choices` are the locked parameters that are no fields: their values, none where nobody may give one."""

    profile: str = ""
    consent: str = ""
    locks: tuple[Lock, ...] = ()
    choices: dict[str, tuple[str, ...]] = {}
    patches: bool = True  # whether overlays may hold patches
    proof: str = "false"  # one of PROOFS

    def imposed(self) -> dict[str, str]:
        """The values that locks give, by path."""
        return {path_text(lock.path): lock.value for lock in self.locks if lock.value is not None}

    def judge(self, written: Sequence[Document]) -> list[Result]:
        """What the documents of a Platform write that is locked, each at its place."""
        return [
            _refusal(
                f"{path_text(path)} is locked by {LOCKED}: " + ("take it out" if lock.value is None else _as(lock)),
                "locked",
                document,
                path,
            )
            for document in written
            for lock in self.locks
            for path, value in _written(get(document.manifest, "spec", default={}), lock.path)
            if lock.value is None or platform.read_value(("spec", *lock.path), lock.value) != value
        ]

    def proven(self, asked: str) -> str:
        """How strictly a bundle is proven. Raises Refused where an Application asks for less than it may.

        `asked` is "" where it says nothing.
        """
        if asked and PROOFS.index(asked) < PROOFS.index(self.proof):
            message = f"parameter 'prove' is {asked}, below {PROOF} of this Argo CD ({self.proof}): take it out"
            raise Refused([Result(message, ERROR, "floor")])
        return asked or self.proof

    def below(self, request: Request) -> list[Result]:
        """Where what everything comes to is lower than it may be."""
        spec, found = request.platform.manifest["spec"], []
        if self.consent and CONSENTS.index(spec["consent"]) < CONSENTS.index(self.consent):
            found.append(_below("consent", spec["consent"], self.consent, CONSENT))
        if request.patches and not self.patches and not self.choices.get("overlay"):
            message = f"{PATCHES} are locked by {LOCKED}: take patches.yaml out of the overlay"
            found.append(Result(message, ERROR, "locked", file=request.patches[0].origin.file))
        if not self.profile:
            return found
        if PROFILES.index(spec["profile"]) < PROFILES.index(self.profile):
            found.append(_below("profile", spec["profile"], self.profile, PROFILE))
        for name in self._needed(request, [name for name, switch in spec["layers"].items() if switch == "Disabled"]):
            found.append(_below(f"layers.{name}", "Disabled", "Enabled", PROFILE))
        allowed = self.imposed()
        for name, namespace in spec["namespaces"].items():
            field = path_text(("namespaces", name, "enforcement"))
            if namespace["enforcement"] == "Observe" and allowed.get(field) != "Observe":
                found.append(_below(field, "Observe", "Enforce", PROFILE))
        return found

    def _needed(self, request: Request, disabled: list[str]) -> list[str]:
        """Those of some layers that belong to the minimum profile."""
        from kgen.expand import compile_layer

        layers = [compile_layer(source) for source in request.layers if source.name in disabled]
        least = PROFILES.index(self.profile)
        return [each.name for each in layers if each.profile in PROFILES and PROFILES.index(each.profile) <= least]

    def patched(self, bundle: "Bundle") -> list[Result]:
        """Patches of what kgen makes: under a minimum profile they could take out of it whatever they like.

        Those of overlays that a lock names are the platform team's own, and there are no others then.
        """
        if not self.profile or self.choices.get("overlay"):
            return []
        return [
            Result(
                f"{entry.identity} is kgen's own, and under {PROFILE} no patch may change it: take the patch out",
                ERROR,
                "patched-guardrail",
                file=entry.patches[0].origin.file,
                line=entry.patches[0].origin.line,
            )
            for entry in bundle.entries
            if entry.patches and entry.instances
        ]


def read(environment: Mapping[str, str], choices: Sequence[str]) -> Floor:
    """The floor of this environment. Raises Refused for one that can not be held, rather than to hold none.

    `choices` are the names of parameters that are no fields of the Platform.
    """
    problems = _misspelt(environment)
    profile = _one_of(environment.get(PROFILE, ""), PROFILES, PROFILE, problems)
    consent = environment.get(CONSENT, "")
    consent = {"true": "Required", "false": ""}.get(consent.lower(), consent)
    consent = _one_of(consent, CONSENTS, CONSENT, problems)
    proof = _one_of(environment.get(PROOF, "").lower(), PROOFS, PROOF, problems) or "false"
    locks: list[Lock] = []
    chosen: dict[str, tuple[str, ...]] = {}
    patches = True
    for entry in environment.get(LOCKED, "").replace(",", " ").split():
        name, equals, value = entry.partition("=")
        if name == PATCHES and not equals:
            patches = False
        elif name in choices:
            chosen[name] = (*chosen.get(name, ()), *([value] if equals else []))
        else:
            _lock(name, value if equals else None, locks, problems)
    if problems:
        raise Refused(problems)
    return Floor(profile, consent, tuple(locks), chosen, patches, proof)


def _lock(name: str, value: str | None, locks: list[Lock], problems: list[Result]) -> None:
    try:
        path: Path = parse_path(name.removeprefix("spec."))
    except ValueError:
        path = ()
    if not path or platform.field(("spec", *path)) is None:
        message = f"{LOCKED} of {_OURS} locks {name[:80]!r}: there is no such parameter or field of the Platform"
        problems.append(Result(message, ERROR, "floor"))
    elif value is not None and "*" in path:
        problems.append(Result(f"{LOCKED} of {_OURS}: {name[:80]} with a * can have no value", ERROR, "floor"))
    else:
        locks.append(Lock(path, value))


def _misspelt(environment: Mapping[str, str]) -> list[Result]:
    """A floor that is nearly named right would not hold; and a request may not look as if it set one."""
    from difflib import get_close_matches

    found = []
    for name in sorted(environment):
        if name.startswith("KGEN_") and name not in NAMES and (near := get_close_matches(name, NAMES, 1, 0.8)):
            found.append(Result(f"{_OURS} has {name}: did you mean {near[0]}?", ERROR, "floor"))
        if (own := name.removeprefix("ARGOCD_ENV_")) != name and own in NAMES:
            message = f"the Application sets {own}, which counts in {_OURS} only: take it out of plugin.env"
            found.append(Result(message, ERROR, "floor"))
    return found


def _one_of(value: str, known: Sequence[str], name: str, problems: list[Result]) -> str:
    if value and value not in known:
        message = f"{name} of {_OURS} is {value[:40]!r}: expected one of {', '.join(known)}"
        problems.append(Result(message, ERROR, "floor"))
    return value


def _written(value: Any, steps: Path, path: Path = ()) -> "list[tuple[Path, Any]]":
    """The values that a fragment writes at a path, null included, which removes."""
    if not steps:
        return [(path, value)]
    if not isinstance(value, dict):
        return []
    names = list(value) if steps[0] == "*" else [steps[0]]
    return [each for name in names if name in value for each in _written(value[name], steps[1:], (*path, name))]


def _as(lock: Lock) -> str:
    return f"write {lock.value}, or take it out"


def _refusal(message: str, rule: str, document: Document, path: Path) -> Result:
    field, origin = path_text(("spec", *path)), document.origin
    return Result(message, ERROR, rule, kind="Platform", field=field, file=origin.file, index=origin.index)


def _below(field: str, found: str, least: str, name: str) -> Result:
    message = f"{field} is {found}, below {name} of this Argo CD: set it to {least}"
    higher = " or higher" if field in ("profile", "consent") and least not in ("ZeroTrust", "Required") else ""
    where = f"spec.{field}"
    return Result(message + higher, ERROR, "floor", kind="Platform", field=where, current=found, proposed=least)
