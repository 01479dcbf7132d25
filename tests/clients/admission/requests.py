"""The cases as requests to a real API server, and as admission reviews for gator."""

from typing import Any

from tests.clients.admission.cases import Case, Manifest
from tests.clients.api import Answer, Api

MASTERS = "system:masters"  # RBAC lets these users do anything, so that only admission decides


def send(api: Api, case: Case) -> Answer:
    """The request as a dry run: admission runs, nothing is kept."""
    query = "?dryRun=All&fieldValidation=Strict"
    if case.operation == "CREATE":
        return api.request(
            "POST", api.path(case.subject, named=False) + query, case.object, user=case.user, group=MASTERS
        )
    path = api.path(case.subject)
    if case.object is None:
        return api.request("DELETE", path + "?dryRun=All", user=case.user, group=MASTERS)
    there = api.request("GET", path).body
    metadata = {**case.object["metadata"], "resourceVersion": there["metadata"]["resourceVersion"]}
    wanted = {**there, **case.object, "metadata": metadata}
    if case.object["kind"] == "Pod":  # what the server filled in can not be changed
        wanted["spec"] = there["spec"]
        images = [each["image"] for each in case.object["spec"]["containers"]]
        wanted["spec"]["containers"] = [
            {**each, "image": image} for each, image in zip(there["spec"]["containers"], images, strict=True)
        ]
    return api.request("PUT", path + query, wanted, user=case.user, group=MASTERS)


def review(case: Case) -> Manifest:
    """The AdmissionReview that the API server would send to Gatekeeper."""
    subject = case.subject
    group, _, version = subject["apiVersion"].rpartition("/")
    kind = subject["kind"]
    # a Namespace is reviewed inside itself
    namespace = subject["metadata"].get("namespace") or (subject["metadata"]["name"] if kind == "Namespace" else "")
    request: dict[str, Any] = {
        "uid": "1",
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": f"{kind.lower()}s"},
        "name": subject["metadata"]["name"],
        "namespace": namespace,
        "operation": case.operation,
        "userInfo": {"username": case.user, "groups": ["system:authenticated"]},
        "object": case.object,
        "oldObject": case.old,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
