"""Who may say what: with consent, a document speaks for agents of its own namespace only, and from its folders.

A namespace alone protects nothing where everybody may write any `metadata.namespace` (one repository for all teams):
there `sources` says which folders speak for it. Inside kustomize no folder is known, and the namespace alone counts.
"""

from collections.abc import Iterator

from kgen.manifests import Document, get
from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about

_FACTS = ("kind", "serviceAccountName", "podSelector", "service", "define")


def check(draft: Draft) -> Iterator[Result]:
    for grant in draft.grants:
        namespace = grant.document.manifest["metadata"]["namespace"]
        yield from _folder(draft, grant.document, namespace, "metadata.namespace")
    if draft.platform.manifest["spec"]["consent"] == "NotRequired":
        return
    for key, end in draft.ends.items():
        for mention in end.mentions:
            if mention.document is draft.platform:
                continue
            # a link speaks for its caller by its very being; of others it may only say the name
            stated = [fact for fact in _FACTS if mention.facts.get(fact) is not None]
            if mention.field == "spec.from":
                yield from _speaks(draft, mention.document, key[0], mention.field)
            elif stated:
                yield from _speaks(draft, mention.document, key[0], f"{mention.field}.{stated[0]}")


def _speaks(draft: Draft, document: Document, namespace: str, field: str) -> Iterator[Result]:
    own = document.manifest["metadata"].get("namespace")
    if own == namespace:
        yield from _folder(draft, document, namespace, field)
        return
    consent = draft.platform.manifest["spec"]["consent"]
    remedy = f"move it to a document with metadata.namespace: {namespace}" if own else f"set it to {namespace}"
    message = (
        f"speaks for an agent of {namespace}, but metadata.namespace is {own or 'not set'}: with consent {consent} "
        f"only documents of {namespace} may; {remedy}"
    )
    yield about(document, "speaks-for", field, message)


def _folder(draft: Draft, document: Document, namespace: str, field: str) -> Iterator[Result]:
    sources = get(draft.platform.manifest, "spec", "namespaces", namespace, "sources", default=[])
    file = _plain(document.origin.file)
    if not sources or not file:
        return
    beside = _plain(draft.platform.origin.file).rpartition("/")[0]
    folders = [folder.strip("/") + "/" for folder in sources]
    folders += [f"{beside}/{folder}" for folder in folders if beside]
    if ".." not in file.split("/") and file.startswith(tuple(folders)):
        return
    message = (
        f"speaks for {namespace} from {file}, but only {', '.join(sources)} may (sources of the namespace in the "
        "Platform, relative to where kgen runs or to the Platform's folder): move the file there"
    )
    yield about(document, "speaks-for", field, message)


def _plain(file: str) -> str:
    return file.replace("\\", "/").removeprefix("./")
