"""Secrets: none has its value in what kgen makes, and none lies in an environment variable.

Values are never shown: a message names the object, the field and the variable only.
"""

from kgen.checks import Context, Subject, problem
from kgen.checks.pods import WITH_PODS, containers, listed, pods
from kgen.kinds.secrecy import holds_secret
from kgen.manifests import path_text
from kgen.results import ERROR, WARNING, Result


class Lint:
    """Looks at each object by itself."""

    def __init__(self, context: Context) -> None:
        self._found: list[Result] = []

    def see(self, subject: Subject) -> None:
        manifest, kind = subject.manifest, subject.identity.kind
        if kind == "Secret":
            if subject.layer:
                self._secret(subject)
            return
        if kind not in WITH_PODS:
            return
        for pod in pods(manifest):
            for path, container in containers(pod):
                for index, variable in enumerate(listed(container, "env")):
                    name = variable.get("name")
                    if variable.get("value") and isinstance(name, str) and holds_secret(name):
                        self._found.append(
                            problem(
                                subject,
                                "literal-secret",
                                f"{name} holds its value in the manifest; put it into a Secret and name that in "
                                f"valueFrom.secretKeyRef",
                                ERROR if subject.layer else WARNING,
                                path_text((*path, "env", index, "value")),
                            )
                        )

    def _secret(self, subject: Subject) -> None:
        for field in ("data", "stringData"):
            if subject.manifest.get(field):
                message = "a Secret that kgen makes holds no value; name one that exists, or use ExternalSecrets"
                self._found.append(problem(subject, "secret-value", message, ERROR, field))

    def results(self) -> list[Result]:
        return self._found
