"""What the layer admission is given: governed agents, allowed pairs, locks; and what it asks of the Platform."""

import textwrap

import pytest

from kgen import topology
from kgen.load.platform import resolve
from kgen.manifests import Document
from kgen.results import ERROR, Refused
from kgen.topology.types import Admission, Guard, Lock
from tests.topology.build import LAYERS, TODAY, build, call, define, documents, link, refused

ARGO = "system:serviceaccount:argocd:argocd-application-controller"
ON = f"layers: {{admission: Enabled}}\nadmission: {{trustedWriters: ['{ARGO}']}}\n"
LINKS = (
    define("alpha/planner")
    + call("alpha/planner", "beta/writer")
    + link(
        "from: {namespace: shop, name: store, kind: Deployment, serviceAccountName: store, "
        "podSelector: {matchLabels: {tier: web, app: store}}}\nto: beta/writer",
        "store",
    )
)


def agent(spec: str, name: str = "loose", namespace: str = "alpha") -> str:
    head = f"---\napiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    return f"{head}spec: {{type: Declarative, {spec}}}\n"


def test_nothing_is_worked_out_where_it_is_off() -> None:
    made = build(LINKS)
    assert (made.guards, made.locks, made.platform.admission) == ((), (), None)


def test_each_managed_namespace_has_its_data() -> None:
    made = build(LINKS, ON + "namespaces: {beta: {management: Shared}, quiet: {}, shop: {management: External}}")
    assert made.guards == (
        Guard(
            namespace="alpha",
            enforced=True,
            owned=True,
            listed=False,
            agents=("*",),
            callees=("planner beta/writer",),
            callers=(),
            accounts=("planner-sa",),
            pods=("app=kagent,kagent=planner",),
            pod_security="restricted",
        ),
        Guard(
            namespace="beta",
            enforced=True,
            owned=False,
            listed=True,
            agents=("writer",),
            callees=(),
            callers=("alpha/planner writer",),
            accounts=("writer",),
            pods=("app=kagent,kagent=writer",),
            pod_security="",
        ),
        Guard(
            namespace="quiet",
            enforced=True,
            owned=True,
            listed=True,
            agents=("*",),
            callees=(),
            callers=(),
            accounts=(),
            pods=(),
            pod_security="restricted",
        ),
    )


def test_a_workload_agent_is_known_by_its_labels_and_account() -> None:
    shop = build(LINKS, ON + "namespaces: {shop: {management: Shared}}").guards[-1]
    assert (shop.namespace, shop.agents, shop.callees) == ("shop", (), ())
    assert (shop.pods, shop.accounts) == (("app=store,tier=web",), ("store",))


def test_the_account_of_everybody_is_not_reserved() -> None:
    """Or no pod of the namespace would start that names none."""
    text = LINKS.replace("serviceAccountName: store", "serviceAccountName: default")
    assert build(text, ON + "namespaces: {shop: {management: Shared}}").guards[-1].accounts == ()


def test_a_selector_by_expression_is_no_label_list() -> None:
    text = LINKS.replace("podSelector: {matchLabels: {tier: web, app: store}}", "podSelector: {matchExpressions: "
                         "[{key: app, operator: In, values: [a, b]}]}")  # fmt: skip
    assert build(text, ON + "namespaces: {shop: {management: Shared}}").guards[-1].pods == ()


def test_what_all_documents_share() -> None:
    made = build(LINKS, ON + "namespaces: {alpha: {}, beta: {enforcement: Observe}}\nkagent: {fullnameOverride: k}")
    assert made.platform.admission == Admission(
        engine="ValidatingAdmissionPolicy",
        controller="system:serviceaccount:kagent:k-controller",
        trusted_writers=(ARGO, "system:serviceaccount:kagent:k-controller"),
        enforced=("alpha",),
        observed=("beta",),
        makes_namespace=True,
        namespace_presence="defined",
    )
    assert made.guards[1].pod_security == ""  # under Observe nothing is enforced


def test_a_platform_namespace_of_the_user_is_not_made_again() -> None:
    shared = "namespaces: {kgen-system: {management: External}}"
    listed = build(LINKS, ON + shared).platform.admission
    assert listed is not None
    assert not listed.makes_namespace
    given = build(LINKS + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kgen-system}\n", ON)
    assert given.platform.admission is not None
    assert given.platform.admission.namespace_presence == "wired"


def test_locks_are_switched_one_by_one() -> None:
    locks = "{controllerWrites: Disabled, takeovers: ManagedNamespaces}"
    made = build(LINKS, ON.replace("]}", f"], locks: {locks}}}"))
    assert made.locks == (Lock("legacy-agents", "Cluster"), Lock("takeovers", "ManagedNamespaces"))


@pytest.mark.parametrize(
    ("extent", "note"),
    [
        ("Cluster", "kagent's UI and its API on 8083 only read, because"),
        ("ManagedNamespaces", "kagent's UI and its API on 8083 only read in the managed namespaces, because"),
        ("Disabled", ""),
    ],
)
def test_what_the_ui_loses_is_said(extent: str, note: str) -> None:
    made = build(LINKS, ON.replace("]}", f"], locks: {{controllerWrites: {extent}}}}}"))
    said = [result.message for result in made.results if result.rule == "read-only-ui"]
    assert [message.startswith(note) for message in said] == ([True] if note else [])
    [residual] = [result.message for result in made.results if result.rule == "residual-8083"]
    assert ("can call any agent there" in residual) == (extent == "Cluster")


REFUSALS = {
    "trusted-writers": (
        "Platform spec.admission.trustedWriters",
        "is empty, so nobody could apply an agent: name who does; the usual ones are "
        "system:serviceaccount:argocd:argocd-application-controller for Argo CD, "
        "system:serviceaccount:flux-system:kustomize-controller for Flux, the user name of your pipeline for kubectl",
        LINKS,
        "layers: {admission: Enabled}",
    ),
    "trusted-writers of an agent": (
        "Platform spec.admission.trustedWriters[0]",
        "is the identity of the agent alpha/planner, which could then change any agent: take it out",
        LINKS,
        "layers: {admission: Enabled}\nadmission: {trustedWriters: ['system:serviceaccount:alpha:planner-sa']}",
    ),
    "trusted-writers in two lines": (
        "Platform spec.admission.trustedWriters[0]",
        "holds a line break: write one user name an item",
        LINKS,
        'layers: {admission: Enabled}\nadmission: {trustedWriters: ["a\\nb"]}',
    ),
    "trusted-writers by a wildcard": (
        "Platform spec.admission.trustedWriters[0]",
        "found system:serviceaccount:argocd:*, but names are compared as they are, and * is no wildcard: write each "
        "user name",
        LINKS,
        "layers: {admission: Enabled}\nadmission: {trustedWriters: ['system:serviceaccount:argocd:*']}",
    ),
    "trusted-writers by a group": (
        "Platform spec.admission.trustedWriters[0]",
        "found system:masters, which is a group, and writers are known by user name: name the accounts or people that "
        "apply",
        LINKS,
        "layers: {admission: Enabled}\nadmission: {trustedWriters: ['system:masters']}",
    ),
    "trusted-writers without a name": (
        "Platform spec.admission.trustedWriters[0]",
        "found system:serviceaccount:argocd, which is no ServiceAccount: write system:serviceaccount:NAMESPACE:NAME",
        LINKS,
        "layers: {admission: Enabled}\nadmission: {trustedWriters: ['system:serviceaccount:argocd']}",
    ),
    "platform-namespace of kagent": (
        "Platform spec.platformNamespace",
        "kagent belongs to kagent, and kgen would make it its own, with Pod Security and all, to keep there what "
        "admission decides by: give the parameters their own namespace",
        LINKS,
        ON + "platformNamespace: kagent",
    ),
    "platform-namespace": (
        "Platform spec.platformNamespace",
        "alpha holds what admission decides by, and agents live in it: give the parameters their own namespace",
        LINKS,
        ON + "platformNamespace: alpha",
    ),
    "admission-engine": (
        "Platform spec.admission.engine",
        "ValidatingAdmissionPolicy is v1 since Kubernetes 1.30, and this is 1.29: set Gatekeeper",
        LINKS,
        ON + "kubernetesVersion: '1.29'",
    ),
    "admission": (
        "Agent spec.allowedNamespaces.from",
        "found All, by which every namespace may call it; name the namespaces with Selector, or remove it",
        LINKS + agent("allowedNamespaces: {from: All}"),
        ON,
    ),
    "admission by an empty selector": (
        "Agent spec.allowedNamespaces.selector",
        "is empty, by which every namespace may call it; name the namespaces",
        LINKS + agent("allowedNamespaces: {from: Selector, selector: {}}"),
        ON,
    ),
    "admission of privileges": (
        "Agent spec.declarative.deployment.securityContext.privileged",
        "is true, which admission refuses: remove it",
        LINKS + agent("declarative: {deployment: {securityContext: {privileged: true}}}"),
        ON,
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_it_is_refused(what: str) -> None:
    where, message, text, platform = REFUSALS[what]
    [result] = refused(text, platform)
    assert (result.rule, f"{result.kind} {result.field}", result.message) == (what.split()[0], where, message)


@pytest.mark.parametrize(("length", "fits"), [(53, True), (54, False)])
def test_gatekeeper_makes_a_kind_of_the_name(length: int, fits: bool) -> None:
    name = "p" * length
    spec = ON.replace("{trusted", "{engine: Gatekeeper, trusted") + "links: {alpha/a: [beta/b]}"
    head = f"apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {{name: {name}}}\nspec:\n"
    [written] = documents({"p.yaml": head + textwrap.indent(spec, "  ")})
    platform = Document(resolve(written, [], layers=LAYERS), written.origin)
    if fits:
        topology.build([], platform, as_of=lambda: TODAY)
        return
    with pytest.raises(Refused) as refusal:
        topology.build([], platform, as_of=lambda: TODAY)
    [result] = [each for each in refusal.value.results if each.severity == ERROR]
    assert result.message == "has 54 characters, and Gatekeeper makes a kind of it, for which 53 are left: shorten it"


def test_other_peoples_agents_of_a_shared_namespace_are_theirs() -> None:
    shared = "namespaces: {beta: {management: Shared}}"
    build(LINKS + agent("allowedNamespaces: {from: All}", namespace="beta"), ON + shared)


def test_under_observe_it_is_a_warning() -> None:
    made = build(LINKS + agent("allowedNamespaces: {from: All}"), ON + "namespaces: {alpha: {enforcement: Observe}}")
    assert [result.severity for result in made.results if result.rule == "admission"] == ["warning"]


def test_an_image_of_the_users_own_refers_to_no_agent() -> None:
    text = define("alpha/planner", systemMessage="", modelConfigRef="", image="registry.example/planner:1")
    text += define("beta/writer") + call("alpha/planner", "beta/writer")
    guards = build(text, ON).guards
    assert [(guard.callees, guard.callers) for guard in guards] == [((), ()), ((), ())]


def test_verdicts_are_kept_while_somebody_gives_them() -> None:
    without = build(LINKS, ON).platform.admission
    assert without is not None
    assert without.verdicts == ()
    on = ON.replace("admission: Enabled", "admission: Enabled, workload-identity: Enabled")
    on = on.replace("]}", ", 'system:serviceaccount:kagenti-system:controller-manager']}", 1)
    given = build(LINKS, on + "\nworkloadIdentity: {className: spire, trustDomain: example.org}").platform.admission
    assert given is not None
    assert given.verdicts == ("agent.kagenti.dev/signature-verified", "agent.rossoctl.dev/signature-verified")
