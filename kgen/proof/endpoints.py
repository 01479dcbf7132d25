"""Who can be at either end of traffic: known pods, pods that a selector could match, servers and addresses outside.

The pods that manifests show are not all that may run: for every selector there is one imagined pod that just satisfies
it, for every namespace one that no selector names, and one namespace that no manifest names. A rule that is too wide
shows on one of these even where no known pod happens to fit it.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from kgen.manifests import Document, get
from kgen.proof.pods import Pod
from kgen.proof.spaces import Span
from kgen.proof.terms import NAMESPACE_NAME, PodTerm
from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import items, labels, text

PODS, HOST, ADDRESSES = "pods", "host", "addresses"
ELSEWHERE = ""  # the name of a namespace that no manifest names
MOST_NAMES = 3


class Member(NamedTuple):
    """How an endpoint takes part in a mesh; those that do not have none."""

    mode: str  # Sidecar, Ambient or Waypoint
    namespace: str  # of the ServiceAccount that it runs as
    account: str  # its name
    open_ports: frozenset[int] = frozenset()  # that its proxy leaves alone


class Endpoint(NamedTuple):
    """One end, or several that no rule and no question tells apart."""

    kind: str
    name: str  # for people
    namespace: str = ""
    namespace_labels: dict[str, str] = {}
    labels: dict[str, str] = {}
    pod: Pod | None = None  # None where it is imagined
    host: str = ""
    span: Span = Span(0, 0, 0)
    members: tuple[str, ...] = ()  # names of all that this one stands for; itself alone where empty
    member: Member | None = None  # of a mesh, where one is judged

    @property
    def known(self) -> bool:
        """Whether a manifest shows it."""
        return self.pod is not None

    @property
    def host_network(self) -> bool:
        return self.pod is not None and self.pod.host_network

    @property
    def title(self) -> str:
        """Its name, or those it stands for."""
        if len(self.members) < 2:
            return self.name
        rest = len(self.members) - MOST_NAMES
        return ", ".join(self.members[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def namespaces(
    documents: Iterable[Document], pods: Iterable[Pod], terms: Iterable[PodTerm]
) -> dict[str, dict[str, str]]:
    """Labels by namespace, of every one that a manifest or a term names."""
    found: dict[str, dict[str, str]] = {}
    for document in documents:
        manifest = document.manifest
        name = text(get(manifest, "metadata", "name"))
        if manifest.get("kind") == "Namespace" and manifest.get("apiVersion") == "v1" and name:
            found[name] = {**labels(get(manifest, "metadata", "labels")), NAMESPACE_NAME: name}
    for pod in pods:
        found.setdefault(pod.namespace, {NAMESPACE_NAME: pod.namespace})
    for term in terms:
        for name in [term.namespace] if term.namespaces is None else named_namespaces(term.namespaces):
            found.setdefault(name, {NAMESPACE_NAME: name})
    return found


def named_namespaces(selector: dict[str, Any]) -> list[str]:
    """The namespaces that a namespaceSelector names by name; none where it selects by other labels only."""
    name = labels(selector.get("matchLabels")).get(NAMESPACE_NAME)
    if name:
        return [name]
    for one in items(selector.get("matchExpressions")):
        if one.get("key") == NAMESPACE_NAME and one.get("operator") == "In":
            values = one.get("values")
            return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    return []


def known(pods: Iterable[Pod], spaces: dict[str, dict[str, str]]) -> Iterator[Endpoint]:
    """The pods of manifests."""
    for pod in pods:
        kind = "" if pod.identity.kind == "Agent" else f"{pod.identity.kind} "
        name = f"{kind}{pod.namespace}/{pod.identity.name}"
        yield Endpoint(PODS, name, pod.namespace, spaces[pod.namespace], pod.labels, pod)


def imagined(terms: Iterable[tuple[PodTerm, str]], spaces: dict[str, dict[str, str]]) -> Iterator[Endpoint]:
    """Pods that could run, each once: those that just satisfy a term, and those that no selector names.

    Terms come with the name that people know their pods by, "" where there is none.
    """
    seen: set[str] = set()
    for term, title in terms:
        for namespace, own in _places(term, spaces):
            for pod_labels in witnesses(term.pods):
                key = f"{namespace}|{own!r}|{pod_labels!r}"
                if key not in seen and pod_labels:
                    seen.add(key)
                    name = title or _described(namespace, own, pod_labels)
                    yield Endpoint(PODS, name, namespace, own, pod_labels)
            key = f"{namespace}|{own!r}"
            if namespace == ELSEWHERE and own and key not in seen:
                seen.add(key)
                yield Endpoint(PODS, _described(namespace, own, {}), namespace, own)
    for name, own in spaces.items():
        yield Endpoint(PODS, f"any other pod of {name}", name, own)
    yield Endpoint(PODS, "any other namespace", ELSEWHERE)


def _places(term: PodTerm, spaces: dict[str, dict[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Namespaces in which the imagined pods of a term live: those it names, and one that it could match besides."""
    if term.namespaces is None:
        yield term.namespace, spaces[term.namespace]
        return
    names = named_namespaces(term.namespaces)
    for name in names:
        yield name, spaces[name]
    if not names:
        for own in witnesses(term.namespaces):
            yield ELSEWHERE, own


def witnesses(selector: dict[str, Any]) -> list[dict[str, str]]:
    """The fewest labels that satisfy a selector, once for each value that it gives a choice of."""
    base = dict(labels(selector.get("matchLabels")))
    choices: list[tuple[str, list[str]]] = []
    for one in items(selector.get("matchExpressions")):
        key, operator = text(one.get("key")), one.get("operator")
        values = one.get("values")
        if operator == "Exists":
            base.setdefault(key, "any")
        elif operator == "In" and key not in base and isinstance(values, list):
            choices.append((key, [value for value in values if isinstance(value, str)]))
    first = base | {key: values[0] for key, values in choices if values}
    made = [first]
    for key, values in choices:
        made += [first | {key: value} for value in values[1:]]
    return made


def _described(namespace: str, own: dict[str, str], pod_labels: dict[str, str]) -> str:
    where = namespace
    if namespace == ELSEWHERE:
        where = f"any other namespace labelled {_text(own)}" if own else "any other namespace"
    return f"pods of {where}" + (f" labelled {_text(pod_labels)}" if pod_labels else "")


def _text(of: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(of.items()) if key != NAMESPACE_NAME)


def addresses_of(endpoint: Endpoint) -> list[Span]:
    """The addresses of a pod, where its status tells them."""
    found = []
    for one in endpoint.pod.addresses if endpoint.pod else ():
        try:
            address = ipaddress.ip_address(one)
        except ValueError:
            continue
        found.append(Span(address.version, int(address), int(address)))
    return found
