"""The kustomizations of a folder, before kustomize builds it: what they reach for, what they run, what they rename.

kustomize (5.4 to 5.8) keeps files inside the folder of the kustomization that names them, but follows folders
anywhere on the machine, and addresses on the network. A function that it may not execute it leaves out in silence.
"""

import os

from kgen.kinds import is_ours
from kgen.load.compose import LIMITS
from kgen.load.files import KUSTOMIZATIONS
from kgen.load.yaml_read import values
from kgen.manifests import Document, Origin, get
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, Refused, Result

_PLUGINS = ("generators", "transformers", "validators")
_FIELDS = ("resources", "bases", "components", *_PLUGINS)
_RENAMING = ("namespace", "namePrefix", "nameSuffix")
_RENAMERS = ("NamespaceTransformer", "PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer")
_FUNCTION = ("config.kubernetes.io/function", "config.k8s.io/function")
_REMOTE = ("://", "git@", "github.com", "?ref=", ".git")
_MOST = 1000


class Survey(NamedTuple):
    """What was found: whether kgen is among the functions, its configurations, and their files."""

    functions: bool
    configs: list[Document]
    sources: dict[str, bytes]


def has_one(folder: str) -> bool:
    """Whether kustomize would build this folder."""
    return any(os.path.lexists(os.path.join(folder, name)) for name in KUSTOMIZATIONS)


def survey(folder: str, root: str) -> Survey:
    """Raises Refused where a kustomization reaches out of `root`, runs anything but kgen, or renames kgen's links."""
    walk = _Walk(os.path.realpath(root))
    walk.folder(os.path.realpath(folder), folder)
    if walk.ours_run and walk.others:
        walk.problems += walk.others  # kustomize itself refuses to run them, unless kgen's are to be left out
    if walk.problems:
        raise Refused(walk.problems)
    return Survey(walk.ours_run, walk.configs, walk.sources)


class _Walk:
    def __init__(self, root: str) -> None:
        self.root = root
        self.seen: dict[str, bool] = {}  # folder -> whether links of kgen's are below it
        self.problems: list[Result] = []
        self.ours_run = False
        self.others: list[Result] = []
        self.configs: list[Document] = []
        self.sources: dict[str, bytes] = {}

    def folder(self, real: str, shown: str) -> bool:
        """Whether there are documents of kgen's below a kustomization."""
        if real in self.seen:
            return self.seen[real]
        self.seen[real] = False
        if len(self.seen) > _MOST:
            raise Refused([Result(f"more than {_MOST} kustomizations: build them in parts", ERROR, "kustomize")])
        ours, renames = False, ""
        for name in sorted(KUSTOMIZATIONS):
            file = os.path.normpath(os.path.join(shown, name))
            data = self._content(os.path.join(real, name), file)
            for value in self._values(data, file):
                if not isinstance(value, dict):
                    continue
                renames = renames or next((f"{key}:" for key in _RENAMING if value.get(key) not in (None, "")), "")
                for field in _FIELDS:
                    listed = value.get(field)
                    for entry in listed if isinstance(listed, list) else []:
                        below, renamer = self._entry(entry, real, file, field)
                        ours, renames = ours or below, renames or renamer
        if renames and ours:
            message = (
                f"{renames} renames links, but not what they name: write names in their spec, and keep kgen's files in "
                "a kustomization without namespace:, namePrefix: and nameSuffix:"
            )
            self.problems.append(Result(message, ERROR, "kustomize-rewrote", file=os.path.normpath(shown)))
        self.seen[real] = ours
        return ours

    def _entry(self, entry: Any, folder: str, file: str, field: str) -> tuple[bool, str]:
        """Whether links are in what an entry names, and what of it renames them."""
        if not isinstance(entry, str):
            return False, ""
        if "\n" in entry:
            return self._plugins(entry.encode(), file, field)
        path = os.path.join(folder, entry)
        real = os.path.realpath(path)
        shown = os.path.normpath(os.path.join(os.path.dirname(file), entry))
        if not os.path.lexists(path):
            if any(mark in entry for mark in _REMOTE):
                self._refuse(f"{entry} is not in the repository, and nothing is fetched: copy it in", file, field)
            elif not self._within(os.path.normpath(path)):
                self._refuse(f"{entry} leads out of the repository", file, field)
            return False, ""  # kustomize says what is missing
        if not self._within(real) or os.path.isabs(entry):
            self._refuse(f"{entry} leads out of the repository", file, field)
        elif os.path.isdir(real):
            if field in _PLUGINS:
                self._other(f"{entry} is a folder of configurations, whose functions are not known", file, field)
            return self.folder(real, shown), ""
        elif (data := self._content(path, shown)) is not None:
            return self._plugins(data, shown, field)
        return False, ""

    def _plugins(self, data: bytes, file: str, field: str) -> tuple[bool, str]:
        """What a file of resources or configurations holds: links, or what runs."""
        if field not in _PLUGINS:
            return b"kgen.dev/" in data, ""
        renames, ours = "", False
        for value in self._values(data, file):
            annotations = get(value, "metadata", "annotations")
            function = isinstance(annotations, dict) and any(name in annotations for name in _FUNCTION)
            if isinstance(value, dict) and is_ours(value):
                self._kgen(value, file, field, function, data)
                ours = ours or value.get("kind") != "Platform"
            elif function or get(value, "apiVersion") != "builtin":
                self._other(f"{get(value, 'kind', default='a configuration')} is a plugin or function", file, field)
            elif get(value, "kind") in _RENAMERS:
                renames = str(get(value, "kind"))
        return ours, renames

    def _kgen(self, value: Any, file: str, field: str, function: bool, data: bytes) -> None:
        if not function:
            message = "kgen's Component for kubectl does not work here: use plugins/kustomize/function instead"
            self._refuse(message, file, field)
            return
        self.ours_run = True
        if field != "validators":
            self.configs.append(Document(value, Origin(file)))
            self.sources[file] = data

    def _values(self, data: bytes | None, file: str) -> list[Any]:
        found: list[Result] = []
        read = [] if data is None else [value.value for value in values(data, file, found)]
        self.problems += [result for result in found if result.severity == ERROR]
        return read

    def _content(self, path: str, shown: str) -> bytes | None:
        real = os.path.realpath(path)
        if not os.path.lexists(path):
            return None
        if not self._within(real):
            self._refuse("a symbolic link leads out of the repository", shown, "")
            return None
        if not os.path.isfile(real):
            return None
        with open(real, "rb") as stream:
            return stream.read(LIMITS.size + 1)

    def _within(self, real: str) -> bool:
        return real == self.root or real.startswith(self.root.rstrip(os.sep) + os.sep)

    def _refuse(self, message: str, file: str, field: str) -> None:
        self.problems.append(Result(message, ERROR, "path", field=field, file=file))

    def _other(self, what: str, file: str, field: str) -> None:
        message = f"{what}, and none but kgen's is known here: keep it out of what Argo CD builds"
        self.others.append(Result(message, ERROR, "function", field=field, file=file))
