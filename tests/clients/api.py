"""A small client of a Kubernetes API server, so that tests ask it exactly what they want to know.

Standard library only; what a request was answered is returned, not raised.
"""

import base64
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import yaml

from tests.clients.crds import Definition

Manifest = dict[str, Any]
Rule = tuple[str, str, str]  # verb, apiGroup, resource[/subresource][:name]


class Answer(NamedTuple):
    """What the server said: its HTTP status, the object or Status, and its warnings."""

    status: int
    body: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def admitted(self) -> bool:
        return self.status < 300

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))

    @property
    def version(self) -> str:
        return str(self.body["metadata"]["resourceVersion"])


class Api:
    """Requests as the administrator of a kubeconfig, or as somebody else by impersonation."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        self.server = cluster["server"]
        self.token = config["users"][0]["user"]["token"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.context = ssl.create_default_context(cadata=authority)
        self.kinds: dict[str, dict[str, Any]] = {}

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        content: str = "application/json",
        user: str = "",
        group: str = "",
    ) -> Answer:
        """One request. The server adds by itself the groups that every user, and every ServiceAccount, is in."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "Content-Type": content}
        if user:
            headers["Impersonate-User"] = user
        if group:
            headers["Impersonate-Group"] = group
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, method=method, headers=headers, data=data)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=30) as reply:
                return Answer(reply.status, json.loads(reply.read() or b"{}"), _warnings(reply.headers))
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
                try:
                    body = json.loads(text)
                except ValueError:
                    body = {"message": text.decode(errors="replace")}
                return Answer(error.code, body, _warnings(error.headers))

    def path(self, manifest: Manifest, *, named: bool = True) -> str:
        """URL path of an object, or of its collection. LookupError where the server does not know the kind."""
        version, kind = manifest["apiVersion"], manifest["kind"]
        root = ("/apis/" if "/" in version else "/api/") + version
        if kind not in self.kinds.get(version, {}):
            found = self.request("GET", root).body.get("resources", [])
            self.kinds[version] = {each["kind"]: each for each in found if "/" not in each["name"]}
        known = self.kinds[version].get(kind)
        if not known:
            raise LookupError(f"the server knows no {version} {kind}")
        metadata = manifest["metadata"]
        space = f"/namespaces/{quote(metadata.get('namespace') or 'default')}" if known["namespaced"] else ""
        return f"{root}{space}/{known['name']}" + (f"/{quote(metadata['name'], safe='')}" if named else "")

    def apply(self, manifest: Manifest, user: str = "", group: str = "") -> Answer:
        """Server-side apply with strict field validation, as GitOps does."""
        query = "?fieldManager=kgen-tests&force=true&fieldValidation=Strict"
        return self.request("PATCH", self.path(manifest) + query, manifest, "application/apply-patch+yaml", user, group)

    def try_create(self, manifest: Manifest, user: str = "", group: str = "") -> Answer:
        """Whether the object would be admitted; nothing is kept."""
        query = "?dryRun=All&fieldValidation=Strict"
        return self.request("POST", self.path(manifest, named=False) + query, manifest, user=user, group=group)

    def delete(self, manifest: Manifest) -> None:
        """Remove an object; a namespace without waiting for a controller, which is not running here."""
        path = self.path(manifest)
        self.request("DELETE", path)
        if manifest["kind"] == "Namespace":
            left = self.request("GET", path)
            if left.admitted:
                self.request("PUT", f"{path}/finalize", {**left.body, "spec": {}})

    def make_namespace(self, name: str, labels: dict[str, str] | None = None) -> None:
        """A namespace as a cluster has it, with the ServiceAccount that every namespace gets."""
        metadata = {"name": name, **({"labels": labels} if labels else {})}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        self.make_account(name, "default")

    def make_account(self, namespace: str, name: str) -> None:
        metadata = {"name": name, "namespace": namespace}
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})

    def rights(self, namespace: str, user: str, group: str = "") -> frozenset[Rule]:
        """Everything that a user may do to objects in a namespace, as the server's own RBAC sums it up."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        answer = self.request("POST", path, review, user=user, group=group)
        assert answer.admitted, answer.message
        return frozenset(
            (verb, group, resource + (f":{name}" if name else ""))
            for rule in answer.body["status"]["resourceRules"]
            for verb in rule["verbs"]
            for group in rule.get("apiGroups") or [""]
            for resource in rule.get("resources") or []
            for name in rule.get("resourceNames") or [""]
        )

    def establish(self, definitions: Iterable[Definition]) -> None:
        """Apply CustomResourceDefinitions and wait until their kinds are served."""
        paths = []
        for each in definitions:
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{each.name}"
            query = "?fieldManager=kgen-tests&force=true"
            answer = self.request("PATCH", path + query, each.text, "application/apply-patch+yaml")
            assert answer.admitted, f"{each.name}: {answer.message}"
            paths.append(path)
        for path in paths:
            self._wait_until_served(path)

    def _wait_until_served(self, path: str) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            body = self.request("GET", path).body
            conditions = {each["type"]: each["status"] for each in body.get("status", {}).get("conditions") or []}
            if conditions.get("Established") == "True":
                served = [each["name"] for each in body["spec"]["versions"] if each["served"]]
                if all(self.request("GET", f"/apis/{body['spec']['group']}/{each}").admitted for each in served):
                    return
            time.sleep(0.05)
        raise AssertionError(f"{path} is not served after 30 s")


def _warnings(headers: Any) -> tuple[str, ...]:
    return tuple(re.sub(r'^299 \S+ "|"$', "", each) for each in headers.get_all("Warning") or [])
