"""What kgen has to say about its input: one shape for every host, and the exit codes.

The shape is that of kustomize's kyaml (kyaml/fn/framework/result.go, v0.21): message, severity,
resourceRef, field with its current and proposed value, file. Hosts turn it into their own form.
"""

from kgen.records import Any, NamedTuple

OK = 0
REFUSED = 1  # the input, or what it asks for, is not acceptable; nothing was written
USAGE = 2  # the command line itself is wrong
WIDENS = 3  # kgen diff: more is possible than before, and --fail-on asks to tell
DIFFERS = 4  # kgen diff: something else differs, and --fail-on asks to tell

ERROR = "error"
WARNING = "warning"
INFO = "info"


class Result(NamedTuple):
    """One thing to tell. `field` is a path such as `spec.to[1].name`; `line` counts from 1, 0 is unknown.

    `current` and `proposed` are short scalars or None: a whole object, or anything that could be a
    secret, is never put here.
    """

    message: str
    severity: str = ERROR
    rule: str = ""  # stable short name of the check, e.g. "self-link"
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    field: str = ""
    current: Any = None
    proposed: Any = None
    file: str = ""
    index: int = 0  # type: ignore[assignment]  # document in the file, from 0; hides tuple.index, which nobody asks for
    line: int = 0


class Refused(Exception):
    """The run can not go on. Carries every result found, at least one of them an error."""

    def __init__(self, results: "list[Result] | tuple[Result, ...]") -> None:
        self.results = tuple(results)
        super().__init__("; ".join(r.message for r in self.results if r.severity == ERROR))
