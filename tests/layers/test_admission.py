"""The layer admission: data apart from rules, bindings that fail closed, and the same data for both engines."""

import re
from pathlib import Path

import pytest

from kgen.topology.types import Admission, Guard, Lock, Topology
from tests.layers.build import instances, manifest, objects, platform, topology

CONTROLLER = "system:serviceaccount:kagent:kagent-controller"
ARGO = "system:serviceaccount:argocd:argocd-application-controller"
BOTH = ("ValidatingAdmissionPolicy", "Gatekeeper")
ADMISSION = Admission(
    engine="ValidatingAdmissionPolicy",
    controller=CONTROLLER,
    trusted_writers=(ARGO, CONTROLLER),
    enforced=("team-alpha",),
    observed=(),
    makes_namespace=True,
    namespace_presence="defined",
)
GUARD = Guard(
    namespace="team-alpha",
    enforced=True,
    owned=True,
    listed=False,
    agents=("*",),
    callees=("orchestrator team-beta/specialist", "orchestrator team-beta/writer"),
    callers=(),
    accounts=("orchestrator-sa",),
    pods=("app=kagent,kagent=orchestrator",),
    pod_security="restricted",
)
LOCKS = (Lock("controller-writes", "Cluster"), Lock("legacy-agents", "Cluster"), Lock("takeovers", "ManagedNamespaces"))


def given(*guards: Guard, locks: tuple[Lock, ...] = (), **changes: object) -> Topology:
    on = platform(admission=ADMISSION._replace(**changes))
    return topology(on=on)._replace(guards=guards, locks=locks)


def spec(made: dict, name: str) -> dict:
    found: dict = made[name]["spec"]
    return found


def test_the_data_of_a_namespace_are_one_config_map(built_in_problems):
    made = objects("admission", given(GUARD))
    assert made["ConfigMap kgen-system/admission.team-alpha.default"] == manifest(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: admission.team-alpha.default
          namespace: kgen-system
        data:
          namespace: team-alpha
          owned: "true"
          agents: "*"
          callees: |-
            orchestrator team-beta/specialist
            orchestrator team-beta/writer
          callers: ""
          accounts: orchestrator-sa
          pods: app=kagent,kagent=orchestrator
          podSecurity: restricted
          writers: |-
            system:serviceaccount:argocd:argocd-application-controller
            system:serviceaccount:kagent:kagent-controller
          verdicts: ""
        """
    )
    assert built_in_problems(*made.values()) == []


def test_a_binding_names_its_data_and_fails_closed():
    made = objects("admission", given(GUARD))
    assert made["ValidatingAdmissionPolicyBinding kgen-agents.team-alpha.default"] == manifest(
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata:
          name: kgen-agents.team-alpha.default
        spec:
          policyName: kgen-agents.default
          paramRef:
            name: admission.team-alpha.default
            namespace: kgen-system
            parameterNotFoundAction: Deny
          validationActions: [Deny]
          matchResources:
            namespaceSelector:
              matchExpressions:
              - {key: kubernetes.io/metadata.name, operator: In, values: [team-alpha]}
        """
    )


def test_every_policy_fails_closed_and_every_binding_has_one():
    made = objects(
        "admission", given(GUARD, GUARD._replace(namespace="b", enforced=False), locks=LOCKS, observed=("b",))
    )
    policies = {each["metadata"]["name"]: each["spec"] for each in made.values() if each["kind"].endswith("Policy")}
    bindings = [each["spec"] for each in made.values() if each["kind"].endswith("Binding")]
    assert policies
    assert {each["failurePolicy"] for each in policies.values()} == {"Fail"}
    assert {each["policyName"] for each in bindings} == set(policies)
    for binding in bindings:
        has_data = "paramKind" in policies[binding["policyName"]]
        assert ("paramRef" in binding) == has_data
        if has_data:
            assert binding["paramRef"]["namespace"] == "kgen-system"


def test_under_observe_nothing_denies():
    """Missing parameters deny whatever the actions are, so there they are allowed."""
    watched = GUARD._replace(enforced=False, pod_security="")
    made = objects("admission", given(watched, locks=LOCKS, enforced=(), observed=("team-alpha",)))
    bindings = [each["spec"] for each in made.values() if each["kind"].endswith("Binding")]
    assert bindings
    for binding in bindings:
        assert binding["validationActions"] == ["Audit", "Warn"]
        assert binding.get("paramRef", {}).get("parameterNotFoundAction", "Allow") == "Allow"


def test_watched_namespaces_are_kept_out_of_a_lock_for_the_cluster():
    made = objects("admission", given(GUARD, locks=LOCKS, observed=("b", "c")))
    lock, watched = (
        spec(made, f"ValidatingAdmissionPolicyBinding kgen-controller-writes{part}.default")
        for part in ("", ".observe")
    )
    assert lock == manifest(
        """
        policyName: kgen-controller-writes.default
        validationActions: [Deny]
        matchResources:
          namespaceSelector:
            matchExpressions:
            - {key: kubernetes.io/metadata.name, operator: NotIn, values: [b, c]}
        """
    )
    assert watched == manifest(
        """
        policyName: kgen-controller-writes.default
        validationActions: [Audit, Warn]
        matchResources:
          namespaceSelector:
            matchExpressions:
            - {key: kubernetes.io/metadata.name, operator: In, values: [b, c]}
        """
    )


def test_a_lock_for_managed_namespaces_names_them():
    made = objects("admission", given(GUARD, locks=LOCKS))
    [expression] = spec(made, "ValidatingAdmissionPolicyBinding kgen-takeovers.default")["matchResources"][
        "namespaceSelector"
    ]["matchExpressions"]
    assert (expression["operator"], expression["values"]) == ("In", ["team-alpha"])
    assert "matchResources" not in spec(made, "ValidatingAdmissionPolicyBinding kgen-legacy-agents.default")


@pytest.mark.parametrize("engine", BOTH)
def test_a_lock_that_is_off_is_not_there(engine):
    made = objects("admission", given(GUARD, locks=LOCKS[1:], engine=engine))
    assert not [name for name in made if "controller-writes" in name]
    assert [name for name in made if "takeovers" in name]


def test_locks_need_no_parameters():
    """Without its ConfigMap the takeover lock would refuse every Secret of the cluster."""
    made = objects("admission", given(GUARD, locks=LOCKS))
    lock = spec(made, "ValidatingAdmissionPolicy kgen-takeovers.default")
    assert "paramKind" not in lock
    assert {"name": "controller", "expression": f'"{CONTROLLER}"\n'} in lock["variables"]
    rights = spec(made, "ValidatingAdmissionPolicy kgen-rights.team-alpha.default")
    assert "paramKind" not in rights
    assert {"name": "space", "expression": '"team-alpha"\n'} in rights["variables"]


def test_rules_are_the_same_whatever_the_data():
    """No value of a user's stands in an expression, but for names that are written as JSON texts."""
    other = GUARD._replace(agents=("a",), callees=("a b/c",), accounts=("z",), owned=False, pods=("x=y",))
    one, two = (objects("admission", given(each)) for each in (GUARD, other))
    for name in one:
        if name.startswith("ValidatingAdmissionPolicy kgen-") and ".team-alpha." not in name:
            assert one[name] == two[name]


@pytest.mark.parametrize("engine", BOTH)
def test_cluster_scoped_objects_end_in_the_platforms_name(engine):
    made = objects("admission", given(GUARD, locks=LOCKS, engine=engine, observed=("b",)))
    for each in made.values():
        if "namespace" not in each["metadata"] and each["kind"] != "Namespace":
            assert re.search(r"[.-]default$", each["metadata"]["name"])


@pytest.mark.parametrize("engine", BOTH)
def test_an_engine_makes_nothing_of_the_other(engine):
    made = objects("admission", given(GUARD, locks=LOCKS, engine=engine))
    groups = {each["apiVersion"].partition("/")[0] for each in made.values()}
    assert any("gatekeeper" in group for group in groups) == (engine == "Gatekeeper")
    assert ("admissionregistration.k8s.io" in groups) == (engine == "ValidatingAdmissionPolicy")


def test_a_constraint_holds_the_data():
    made = objects("admission", given(GUARD, engine="Gatekeeper"))
    assert made["kgenguard-default inside.team-alpha.default"] == manifest(
        """
        apiVersion: constraints.gatekeeper.sh/v1beta1
        kind: kgenguard-default
        metadata:
          name: inside.team-alpha.default
          annotations:
            argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true
        spec:
          enforcementAction: deny
          match:
            namespaces: [team-alpha]
            kinds:
            - {apiGroups: [kagent.dev], kinds: [Agent, SandboxAgent]}
            - {apiGroups: [""], kinds: [Pod, ReplicationController, Namespace]}
            - {apiGroups: [apps], kinds: [Deployment, StatefulSet, DaemonSet, ReplicaSet]}
            - {apiGroups: [batch], kinds: [Job, CronJob]}
            - {apiGroups: [rbac.authorization.k8s.io], kinds: [Role]}
          parameters:
            concern: inside
            namespace: team-alpha
            owned: true
            podSecurity: restricted
            agents: ["*"]
            callees: [orchestrator team-beta/specialist, orchestrator team-beta/writer]
            callers: []
            accounts: [orchestrator-sa]
            pods: ["app=kagent,kagent=orchestrator"]
            writers:
            - system:serviceaccount:argocd:argocd-application-controller
            - system:serviceaccount:kagent:kagent-controller
            verdicts: []
        """
    )


def test_rego_is_verbatim(root: Path):
    made = objects("admission", given(GUARD, engine="Gatekeeper"))
    for name, file in (("kgenguard-default", "guard.rego"), ("kgenlock-default", "locks.rego")):
        [target] = spec(made, f"ConstraintTemplate {name}")["targets"]
        [code] = target["code"]
        assert code["source"] == {"version": "v1", "rego": (root / "bases/admission" / file).read_text()}


def test_both_engines_know_the_same_rules(root: Path):
    folder = root / "bases/admission"
    ids = r'"([a-z]+(?:-[a-z]+)+): '
    cel = set(re.findall(ids, "".join(file.read_text() for file in folder.glob("*.yaml")).replace("\\", "")))
    rego = set(re.findall(ids, "".join(file.read_text() for file in folder.glob("*.rego"))))
    assert cel == rego
    readme = (folder / "README.md").read_text()
    assert not [rule for rule in cel if f"`{rule}`" not in readme]


@pytest.mark.parametrize("engine", BOTH)
def test_data_come_before_rules_and_rules_before_bindings(engine):
    made = instances("admission", given(GUARD, locks=LOCKS, engine=engine))
    waves = {
        kind: {one.wave for name, one in made.items() if name.startswith(f"{kind} ")}
        for kind in ("Namespace", "ConfigMap", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
                     "ConstraintTemplate", "SyncSet", "kgenguard-default", "kgenlock-default")
    }  # fmt: skip
    assert waves["Namespace"] == {-5}
    if engine == "Gatekeeper":
        assert waves["ConstraintTemplate"] == waves["SyncSet"] == {-4}
        assert waves["kgenguard-default"] == waves["kgenlock-default"] == {-2}
    else:
        assert waves["ConfigMap"] == {-4}
        assert waves["ValidatingAdmissionPolicy"] == {-3}
        assert waves["ValidatingAdmissionPolicyBinding"] == {-2}


def test_the_platform_namespace():
    made = objects("admission", given())
    assert made["Namespace kgen-system"] == manifest(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: kgen-system
          labels:
            pod-security.kubernetes.io/enforce: restricted
            pod-security.kubernetes.io/enforce-version: latest
            pod-security.kubernetes.io/audit: restricted
            pod-security.kubernetes.io/audit-version: latest
            pod-security.kubernetes.io/warn: restricted
            pod-security.kubernetes.io/warn-version: latest
          annotations: {argocd.argoproj.io/sync-options: "Prune=false,Delete=false"}
        """
    )
    assert "Namespace kgen-system" not in objects("admission", given(makes_namespace=False))
    [wired] = [one for one in instances("admission", given(namespace_presence="wired")).values()
               if one.identity.kind == "Namespace"]  # fmt: skip
    assert wired.presence == "wired"


@pytest.mark.parametrize("engine", BOTH)
def test_data_of_a_listed_namespace_outlive_a_prune(engine):
    made = objects("admission", given(GUARD._replace(listed=True), engine=engine))
    for name, each in made.items():
        if ".team-alpha." in name:
            assert "Prune=false" in each["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
