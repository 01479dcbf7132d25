"""A namespace that kgen puts under Pod Security *restricted* may not hold a workload of the input that breaks it.

An Agent counts with the contexts that kgen merges into it. In a namespace that is not Owned these are checked alone,
because with what is there already they can make a pod that nobody admits: privileged, but without escalation.
"""

from collections.abc import Iterator

from kgen.manifests import Document, get
from kgen.records import Any
from kgen.results import ERROR, WARNING, Result
from kgen.runtimes import kagent
from kgen.runtimes.pod_security import violations
from kgen.runtimes.shapes import mapping, text
from kgen.topology.draft import Draft
from kgen.topology.index import about

_POD_SPEC: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}


def check(draft: Draft) -> Iterator[Result]:
    listed = draft.platform.manifest["spec"].get("namespaces") or {}
    if not draft.inputs.others:
        return
    for namespace, standing in sorted(draft.standing.items()):
        level = get(listed, namespace, "podSecurity", "enforce", default="restricted")
        for result in _agents(namespace, level if standing.management == "Owned" else "", standing.enforced, draft):
            yield _dated(result, standing.enforced)
        if standing.management != "Owned" or level == "privileged":
            continue
        for kind, path in _POD_SPEC.items():
            for document in draft.inputs.all(kind, namespace):
                pod = mapping(get(document.manifest, *path))
                broken = violations(pod, level)
                if broken:
                    message = (
                        f"breaks Pod Security {level}, which namespace {namespace} (Owned) enforces: "
                        f"{'; '.join(broken)}. Mend the workload, or list "
                        "the namespace with a lower podSecurity.enforce or as Shared"
                    )
                    yield _dated(about(document, "pod-security", ".".join(path), message), standing.enforced)


def _dated(result: Result, enforced: bool) -> Result:
    """Under Observe nothing is refused yet, and what will be is to be mended before."""
    if enforced:
        return result
    message = result.message.replace(" enforces: ", " enforces under Enforce: ", 1)
    return result._replace(message=f"{message}. Enforce refuses it", severity=WARNING)


def _agents(namespace: str, level: str, enforced: bool, draft: Draft) -> Iterator[Result]:
    """Agents of the input; `level` is what the namespace enforces, "" where kgen does not say."""
    for document in draft.inputs.all("Agent", namespace):
        key = (namespace, text(get(document.manifest, "metadata", "name")))
        if document.manifest["apiVersion"] != kagent.API_VERSION:
            continue
        wired = key in draft.ends and draft.is_agent(key)
        if not wired and not enforced:
            continue  # rules/unnamed_agents.py says what becomes of it
        pod = kagent.pod_of(document.manifest, *(_contexts(document, draft) if wired else ({}, {})))
        severity = ERROR
        if level and (broken := violations(pod, level)):
            how = "Mend the Agent, or list the namespace with a lower podSecurity.enforce or as Shared"
            if not wired:
                # An error would keep the run from going through that takes out an agent's last link.
                severity = WARNING
                how = "No link names it, so kgen leaves it as it is: name it in one (`from` alone is enough)"
            message = (
                f"breaks Pod Security {level}, which namespace {namespace} (Owned) enforces: {'; '.join(broken)}. {how}"
            )
        elif wired and (
            broken := violations({**pod, "containers": pod["containers"][:1], "volumes": []}, "restricted")
        ):
            message = (
                f"breaks Pod Security restricted with what kgen merges into it: {'; '.join(broken)}. "
                "Take that out of the Agent's deployment"
            )
        else:
            continue
        section = "byo" if kagent.is_byo(document.manifest) else "declarative"
        yield about(document, "pod-security", f"spec.{section}.deployment", message, severity)


def _contexts(document: Document, draft: Draft) -> tuple[dict[str, Any], dict[str, Any]]:
    manifest = document.manifest
    return kagent.security_contexts(
        draft.platform.manifest["spec"]["kagent"]["version"],
        text(get(manifest, "spec", "declarative", "runtime")),
        kagent.is_byo(manifest),
        kagent.needs_full_image(manifest),
        kagent.deployment_of(manifest),
    )
