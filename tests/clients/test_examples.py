"""The examples at a real API server with the real CRDs.

Each as its README renders it, and three of them over a pairwise cover of kagent version, profile, mesh mode, admission
engine and gateway scope (covering.py).
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.clients.api import Answer, Api, Manifest, Rule
from tests.clients.covering import PROFILES, Variant, cover, pairs, variants
from tests.clients.crds import constraints, definitions
from tests.clients.pods import image_user, kubelet_refusal, pod_of, pod_of_template, waypoint_of
from tests.clients.rendering import ISTIOD, WRITER, Rendering, render, render_variant, renderings

# With every right, so that RBAC is not what decides; admission asks for the name.
MASTERS = "system:masters"
REPLICAS = "system:serviceaccount:kube-system:replicaset-controller"

pytestmark = pytest.mark.clients

CANONICAL = "0.10"  # the kagent version of an example that names none, and none does


def kagent_of(way: Rendering | Variant) -> str:
    return way.kagent if isinstance(way, Variant) else CANONICAL


# By kagent version: a server has the CRDs of one.
WAYS: list[Rendering | Variant] = [*renderings(), *cover()]
WAYS.sort(key=lambda way: kagent_of(way) != CANONICAL)


class Admitted(NamedTuple):
    """A rendered example and what the server said to each of its objects, in the order of the bundle."""

    api: Api
    kagent: str
    bundle: list[Manifest]
    answers: list[Answer]


@pytest.fixture(scope="module", params=WAYS, ids=str)
def admitted(
    request: pytest.FixtureRequest,
    api_server: Callable[[str], Api],
    shared: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Admitted]:
    way, kagent = request.param, kagent_of(request.param)
    if isinstance(way, Rendering):
        bundle = render(way.arguments)
    else:
        bundle = render_variant(way, tmp_path_factory.mktemp(way.example))
    api = api_server(kagent)
    kinds = {(each["apiVersion"].rpartition("/")[0], each["kind"]) for each in bundle}
    api.establish(definitions(shared / "crds", kinds, kagent))
    api.establish(constraints(of_kind(bundle, "ConstraintTemplate")))
    foreign = spaces(bundle) - {each["metadata"]["name"] for each in of_kind(bundle, "Namespace")}
    for name in foreign:
        api.make_namespace(name)
    api.make_namespace("restricted-probe", {"pod-security.kubernetes.io/enforce": "restricted"})
    try:
        yield Admitted(api, kagent, bundle, [patiently(api.apply, each, WRITER) for each in bundle])
    finally:
        for each in reversed(bundle):
            api.delete(each)
        if any(each["kind"] == "ValidatingAdmissionPolicy" for each in bundle):
            time.sleep(1)  # until the server has forgotten the policies
        for name in foreign:
            api.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def patiently(ask: Callable[[Manifest, str, str], Answer], manifest: Manifest, user: str) -> Answer:
    """An answer of the server once it knows the parameters of a policy that it has just been given."""
    until = time.monotonic() + 20
    while True:
        answer = ask(manifest, user, MASTERS)
        if "no params found for policy binding" not in answer.message or time.monotonic() > until:
            return answer
        time.sleep(0.2)


def test_any_two_choices_meet_in_some_variant() -> None:
    chosen = cover()
    seen = frozenset().union(*map(pairs, chosen))
    assert seen == frozenset().union(*map(pairs, variants()))
    assert chosen == cover()
    assert len(chosen) < len(list(variants())) / 5
    assert {each.profile for each in chosen} == set(PROFILES)
    # A version and a profile, a mode and an engine, and whatever else can stand together.
    for two in (("0.9", "ZeroTrust"), ("Ambient", "Gatekeeper"), ("Shared", "Ambient"), ("Gatekeeper", "Agent")):
        assert any(set(two) <= set(each) for each in chosen), two


def test_every_example_is_here(root: Path) -> None:
    folders = {folder.name for folder in root.glob("examples/[0-9][0-9]-*")}
    assert folders == {way.example for way in renderings()}, "its README has to render it whole"


def test_the_bundle_is_accepted_without_a_warning(admitted: Admitted) -> None:
    refused = [
        f"{title(each)}: {answer.message or answer.warnings}"
        for each, answer in zip(admitted.bundle, admitted.answers, strict=True)
        if not answer.admitted or (answer.warnings and made_by_kgen(each))
    ]
    assert admitted.bundle
    assert not refused, "\n".join(refused)


def test_a_second_apply_changes_nothing(admitted: Admitted) -> None:
    second = [patiently(admitted.api.apply, each, WRITER) for each in admitted.bundle]
    changed = [
        title(each)
        for each, before, after in zip(admitted.bundle, admitted.answers, second, strict=True)
        if settled(before) != settled(after)
    ]
    assert not changed


def test_the_server_holds_what_kgen_wrote_as_it_was_written(admitted: Admitted) -> None:
    """Otherwise GitOps would see a difference for ever: docs/hosts/argocd-drift.md."""
    differing = [
        f"{title(each)}: {path}"
        for each, answer in zip(admitted.bundle, admitted.answers, strict=True)
        if made_by_kgen(each)
        for path in differences(each, answer.body)
    ]
    assert not differing


def differences(written: Any, held: Any, path: str = "") -> Iterator[str]:
    """Paths of what the server changed; fields that it adds to mappings are its own."""
    if isinstance(written, dict) and isinstance(held, dict):
        for key, value in written.items():
            yield from differences(value, held.get(key), f"{path}.{key}")
    elif isinstance(written, list) and isinstance(held, list) and len(written) == len(held):
        for index, (ours, theirs) in enumerate(zip(written, held, strict=True)):
            yield from differences(ours, theirs, f"{path}[{index}]")
    elif written != held:
        yield path


def test_the_pods_of_its_agents_pass_restricted(admitted: Admitted) -> None:
    """In their own namespace, with the ServiceAccount that is there, and in one that enforces restricted."""
    refused = []
    for agent in of_kind(admitted.bundle, "Agent"):
        if not (made_by_kgen(agent) or wired_by_kgen(agent)):
            continue
        pod, image = pod_of(agent, admitted.kagent), image_user(agent, admitted.kagent)
        if pod["spec"]["serviceAccountName"] == agent["metadata"]["name"]:  # then kagent's controller makes it
            admitted.api.make_account(agent["metadata"]["namespace"], agent["metadata"]["name"])
        answers = [patiently(admitted.api.try_create, each, REPLICAS) for each in (pod, probe(pod))]
        refused += [f"{title(agent)}: {answer.message}" for answer in answers if not answer.admitted]
        refused += [f"{title(agent)}: {problem}" for problem in [kubelet_refusal(pod, image)] if problem]
        uid = pod["spec"].get("securityContext", {}).get("runAsUser")
        if image and uid not in (None, image.uid):
            refused.append(f"{title(agent)}: runs as {uid}, its image is made for {image.uid}")
    assert not refused, "\n".join(refused)


def test_the_pods_of_its_workloads_are_admitted_where_they_live(admitted: Admitted) -> None:
    workloads = [*of_kind(admitted.bundle, "Deployment"), *of_kind(admitted.bundle, "StatefulSet")]
    answers = {title(each): patiently(admitted.api.try_create, pod_of_template(each), REPLICAS) for each in workloads}
    assert not {name: answer.message for name, answer in answers.items() if not answer.admitted}


def test_the_waypoints_that_istio_makes_are_admitted(admitted: Admitted) -> None:
    """And nobody else is let run as one, where admission is on; kagent's own namespace is not kgen's to guard."""
    owned = {each["metadata"]["name"] for each in of_kind(admitted.bundle, "Namespace")}
    for gateway in of_kind(admitted.bundle, "Gateway"):
        deployment = waypoint_of(gateway)
        admitted.api.make_account(gateway["metadata"]["namespace"], gateway["metadata"]["name"])
        made = patiently(admitted.api.try_create, deployment, ISTIOD)
        assert made.admitted, made.message
        pod = patiently(admitted.api.try_create, pod_of_template(deployment), REPLICAS)
        assert pod.admitted, pod.message
        guarded = any(each["metadata"]["name"].startswith("kgen-identities.") for each in admitted.bundle)
        guarded = guarded and gateway["metadata"]["namespace"] in owned
        until = time.monotonic() + 20  # a policy takes a moment until it holds
        forged = admitted.api.try_create(deployment, "somebody", MASTERS)
        while guarded and forged.admitted and time.monotonic() < until:
            time.sleep(0.2)
            forged = admitted.api.try_create(deployment, "somebody", MASTERS)
        assert forged.admitted != guarded


def test_each_identity_has_exactly_the_rights_that_its_roles_say(admitted: Admitted) -> None:
    """An agent's ServiceAccount has none at all; people and automation have their Role's."""
    for space in spaces(admitted.bundle):
        intended = {identity: frozenset[Rule]() for identity in accounts(admitted.bundle)}
        for binding in of_kind(admitted.bundle, "RoleBinding"):
            if binding["metadata"]["namespace"] == space:
                for subject in binding.get("subjects") or []:
                    identity = identity_of(subject, space)
                    granted = rights_of(role_of(binding, admitted.bundle))
                    intended[identity] = intended.get(identity, frozenset()) | granted
        everybody = admitted.api.rights(space, "somebody-else")
        for (user, group), rights in intended.items():
            assert admitted.api.rights(space, user, group) - everybody == rights, f"{user} {group} in {space}"


def settled(answer: Answer) -> tuple[str, Any]:
    """What a write that changes nothing leaves as it is. The Gateway API's CRD has a default for `status`, which the
    server stores with the second write of any Gateway: there the generation, which counts changes of the spec."""
    metadata = answer.body.get("metadata", {})
    is_gateway = answer.body.get("kind") == "Gateway"
    return (answer.body["kind"], metadata["generation"] if is_gateway else answer.version)


def of_kind(bundle: list[Manifest], kind: str) -> list[Manifest]:
    return [each for each in bundle if each["kind"] == kind]


def spaces(bundle: list[Manifest]) -> set[str]:
    named = {each["metadata"]["name"] for each in of_kind(bundle, "Namespace")}
    return named | {space for each in bundle if (space := each["metadata"].get("namespace"))}


def title(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def made_by_kgen(manifest: Manifest) -> bool:
    return "kgen.dev/layer" in manifest["metadata"].get("labels", {})


def wired_by_kgen(manifest: Manifest) -> bool:
    return "kgen.dev/wired" in manifest["metadata"].get("annotations", {})


def probe(pod: Manifest) -> Manifest:
    """The pod in a namespace that enforces restricted, under the ServiceAccount that is there."""
    return {
        **pod,
        "metadata": {**pod["metadata"], "namespace": "restricted-probe"},
        "spec": {**pod["spec"], "serviceAccountName": "default"},
    }


def accounts(bundle: list[Manifest]) -> list[tuple[str, str]]:
    """The ServiceAccounts of the bundle as (user, group)."""
    found = [each["metadata"] for each in of_kind(bundle, "ServiceAccount")]
    return [(f"system:serviceaccount:{each['namespace']}:{each['name']}", "") for each in found]


def identity_of(subject: dict[str, Any], space: str) -> tuple[str, str]:
    if subject["kind"] == "ServiceAccount":
        return f"system:serviceaccount:{subject.get('namespace', space)}:{subject['name']}", ""
    return (subject["name"], "") if subject["kind"] == "User" else ("member", subject["name"])


def role_of(binding: Manifest, bundle: list[Manifest]) -> Manifest:
    space, name = binding["metadata"]["namespace"], binding["roleRef"]["name"]
    [role] = [
        each
        for each in of_kind(bundle, "Role")
        if each["metadata"]["name"] == name and each["metadata"]["namespace"] == space
    ]
    return role


def rights_of(role: Manifest) -> frozenset[Rule]:
    return frozenset(
        (verb, group, resource + (f":{name}" if name else ""))
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames") or [""]
    )
