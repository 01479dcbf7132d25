"""References between objects: found, missing, and expected in the cluster."""

from kgen.checks import Context, External

from .build import agent, deployment, lint, manifest


def test_an_agent_tool_and_a_model_that_are_nowhere_are_warnings_at_their_field() -> None:
    found = lint(
        "references",
        manifest("Namespace", "sales"),
        agent(
            "sales/triage",
            modelConfig="gpt",
            tools=[
                {"type": "Agent", "agent": {"name": "quotes", "namespace": "support"}},
                {"type": "McpServer", "mcpServer": {"kind": "RemoteMCPServer", "name": "orders"}},
            ],
        ),
    )
    assert [(r.severity, r.field, r.message.partition(":")[0]) for r in found] == [
        ("warning", "spec.declarative.tools[0].agent", "Agent support/quotes is neither in the input nor generated"),
        ("warning", "spec.declarative.modelConfig", "ModelConfig sales/gpt is neither in the input nor generated"),
        (
            "warning",
            "spec.declarative.tools[1].mcpServer",
            "RemoteMCPServer sales/orders is neither in the input nor generated",
        ),
    ]


def test_what_is_there_needs_no_word_in_any_order() -> None:
    objects = [
        agent("sales/triage", modelConfig="gpt", tools=[{"type": "Agent", "agent": {"name": "quotes"}}]),
        agent("sales/quotes"),
        manifest("ModelConfig", "sales/gpt", "kagent.dev/v1alpha2", spec={"apiKeySecret": "key"}),
        manifest("ExternalSecret", "sales/key", "external-secrets.io/v1"),
        manifest("Namespace", "sales"),
    ]
    # the store of the ExternalSecret has no name here, so nothing is expected of it
    assert lint("references", *objects) == lint("references", *reversed(objects)) == []


def test_an_agent_that_links_report_as_external_is_there() -> None:
    caller = agent("sales/triage", tools=[{"type": "Agent", "agent": {"name": "quotes", "namespace": "support"}}])
    context = Context(externals=(External("support", "quotes", "Agent", "quotes", {}),))
    assert lint("references", manifest("Namespace", "sales"), caller, context=context) == []


def test_secrets_and_namespaces_that_must_exist_are_listed_once() -> None:
    pod = {
        "serviceAccountName": "shop-sa",
        "imagePullSecrets": [{"name": "registry"}],
        "containers": [
            {
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "maybe", "key": "p", "optional": True}}},
                ],
                "envFrom": [{"configMapRef": {"name": "settings"}}],
            }
        ],
        "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "tls"}}]}}],
    }
    found = lint("references", deployment("shop/web", **pod), deployment("shop/api", **pod))
    assert [(r.severity, r.message) for r in found] == [
        (
            "info",
            "must exist in the cluster: ConfigMap shop/settings; Namespace shop; "
            "Secret shop/db, shop/registry, shop/tls; ServiceAccount shop/shop-sa",
        )
    ]


def test_a_render_lists_the_first_of_many_and_a_check_all() -> None:
    secrets = [{"name": f"s{i}"} for i in range(5)]
    objects = manifest("Namespace", "shop"), deployment("shop/web", imagePullSecrets=secrets)
    (few,) = lint("references", *objects, context=Context(most_listed=2))
    assert few.message == "must exist in the cluster: Secret shop/s0, shop/s1 and 3 more (kgen check names all)"
    (all_,) = lint("references", *objects)
    assert all_.message.endswith("shop/s3, shop/s4")


def test_a_role_binding_names_its_role_and_its_account() -> None:
    binding = manifest(
        "RoleBinding",
        "sales/view",
        "rbac.authorization.k8s.io/v1",
        roleRef={"kind": "Role", "name": "view"},
        subjects=[{"kind": "ServiceAccount", "name": "ci", "namespace": "tools"}, {"kind": "Group", "name": "g"}],
    )
    (found,) = lint("references", manifest("Namespace", "sales"), binding)
    assert found.message == "must exist in the cluster: Role sales/view; ServiceAccount tools/ci"
