"""The layer identity: accounts without rights or token, Roles for people."""

import pytest

from kgen.topology.types import Access
from tests.layers.build import agent, instances, manifest, objects, topology

READ = {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]}
ONCALL = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "oncall"}


def test_an_agent_gets_an_account_without_token(built_in_problems):
    made = objects("identity", topology(agent("team-alpha/orchestrator")))
    assert made == {
        "ServiceAccount team-alpha/orchestrator-sa": manifest(
            """
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              name: orchestrator-sa
              namespace: team-alpha
            automountServiceAccountToken: false
            """
        )
    }
    assert built_in_problems(*made.values()) == []


def test_the_account_is_not_named_like_the_agent():
    one = agent("team-alpha/orchestrator")
    names = [made["metadata"]["name"] for made in objects("identity", topology(one)).values()]
    assert one.name not in names


@pytest.mark.parametrize("presence, kind", [("wired", "Agent"), ("external", "Agent"), ("wired", "Deployment")])
def test_no_account_where_kgen_makes_none(presence, kind):
    assert objects("identity", topology(agent("team-alpha/orchestrator", presence, kind))) == {}


def test_agents_get_no_role():
    made = objects("identity", topology(agent("team-alpha/a"), agent("team-alpha/b")))
    assert {name.split()[0] for name in made} == {"ServiceAccount"}


def test_access_is_a_role_and_its_binding(built_in_problems):
    access = Access("oncall", "viewer", "team-alpha", (ONCALL,), (READ,))
    made = objects("identity", topology(accesses=(access,)))
    assert made == {
        "Role team-alpha/oncall-viewer": manifest(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: oncall-viewer, namespace: team-alpha}
            rules:
            - apiGroups: [""]
              resources: [pods, pods/log]
              verbs: [get, list, watch]
            """
        ),
        "RoleBinding team-alpha/oncall-viewer": manifest(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: oncall-viewer, namespace: team-alpha}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: oncall-viewer}
            subjects:
            - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: oncall}
            """
        ),
    }
    assert built_in_problems(*made.values()) == []


def test_a_viewer_and_a_debugger_of_one_name_stay_apart():
    viewer = Access("oncall", "viewer", "team-alpha", (ONCALL,), (READ,))
    debugger = viewer._replace(purpose="debugger")
    made = objects("identity", topology(accesses=(viewer, debugger)))
    assert "Role team-alpha/oncall-viewer" in made
    assert "Role team-alpha/oncall-debugger" in made


def test_wave():
    assert {one.wave for one in instances("identity", topology(agent("team-alpha/a"))).values()} == {-4}
