"""Agents: what documents say of one, merged; how it is present; where it is reached and as whom it runs."""

from tests.topology.build import agent_of, build, call, define, link
from tests.topology.samples import STORE, agent, plain, planner, service

CALL = call("alpha/planner", "beta/writer")


def test_the_shortest_link_knows_two_external_agents() -> None:
    built = build(CALL)
    assert [(a.namespace, a.name, a.kind, a.presence) for a in built.agents] == [
        ("alpha", "planner", "Agent", "external"),
        ("beta", "writer", "Agent", "external"),
    ]
    writer = agent_of(built, "beta/writer")
    assert writer.pod_selector == {"matchLabels": {"app": "kagent", "kagent": "writer"}}
    assert (writer.port, writer.endpoint.service, writer.endpoint.paths) == (8080, "writer", ("/",))
    assert writer.service_account == "writer"  # kagent's own
    assert not writer.makes_service_account


def test_a_definition_may_stand_in_another_document_than_the_link() -> None:
    built = build(CALL + define("beta/writer", description="Writes."))
    writer = agent_of(built, "beta/writer")
    assert (writer.presence, writer.endpoint.description) == ("defined", "Writes.")
    assert (writer.service_account, writer.makes_service_account) == ("writer-sa", True)
    assert writer.callers[0].callee.presence == "defined"


def test_two_equal_definitions_agree() -> None:
    same = "systemMessage: S., modelConfigRef: {name: m}"
    assert agent_of(build(planner(same, name="one") + planner(same, name="two")), "alpha/planner").definition


def test_a_manifest_of_the_input_is_wired() -> None:
    planner_ = agent_of(build(agent("description: Plans.") + CALL), "alpha/planner")
    assert (planner_.presence, planner_.endpoint.description) == ("wired", "Plans.")
    assert planner_.definition is None
    assert planner_.makes_service_account


def test_an_account_of_the_input_is_used_and_not_made() -> None:
    built = build(agent() + plain("ServiceAccount", "planner-sa") + CALL)
    assert agent_of(built, "alpha/planner").service_account == "planner-sa"
    assert not agent_of(built, "alpha/planner").makes_service_account


def test_an_account_that_the_manifest_names_is_kept() -> None:
    built = build(agent(declarative="deployment: {serviceAccountName: own}") + CALL)
    assert agent_of(built, "alpha/planner").service_account == "own"
    assert not agent_of(built, "alpha/planner").makes_service_account


def test_a_wired_agent_under_observe_gets_no_account() -> None:
    built = build(agent() + CALL, "namespaces: {alpha: {enforcement: Observe}}")
    assert not agent_of(built, "alpha/planner").makes_service_account


def test_the_suffix_of_accounts_is_the_platforms() -> None:
    built = build(define("alpha/planner"), "naming: {serviceAccountSuffix: -agent}")
    assert agent_of(built, "alpha/planner").service_account == "planner-agent"


def test_a_kind_that_is_not_said_is_the_one_found_in_the_input() -> None:
    store = agent_of(build(STORE + service() + call("alpha/planner", "shop/store")), "shop/store")
    assert (store.kind, store.presence) == ("Deployment", "wired")
    assert store.pod_selector == {"matchLabels": {"app": "store"}}
    assert (store.port, store.endpoint.service, store.endpoint.service_port) == (9000, "store", 80)
    assert store.service_account == "default"


def test_a_workload_that_only_calls_needs_no_service() -> None:
    assert agent_of(build(STORE + call("shop/store", "beta/writer")), "shop/store").presence == "wired"


def test_an_external_workload_is_as_the_link_says() -> None:
    endpoint = "{namespace: shop, name: web, kind: StatefulSet, podSelector: {matchLabels: {app: web}}, service: %s}"
    given = endpoint % "{name: www, port: 8000, paths: [/a2a], cardPath: /card}"
    web = agent_of(build(link(f"from: alpha/planner\nto: {given}")), "shop/web").endpoint
    assert (web.service, web.service_port, web.port, web.paths, web.card_path) == (
        "www",
        8000,
        8000,
        ("/a2a",),
        "/card",
    )


def test_a_command_becomes_the_image_s_command_and_arguments() -> None:
    text = planner("image: i, command: [python, -m, agent], args: [--fast]")
    made = agent_of(build(text), "alpha/planner").definition
    assert made
    assert (made.byo, made.runtime, made.command, made.args) == (True, "", "python", ("-m", "agent", "--fast"))


def test_arguments_without_a_command_stay_arguments() -> None:
    made = agent_of(build(planner("image: i, args: [--fast]")), "alpha/planner").definition
    assert made
    assert (made.command, made.args) == ("", ("--fast",))


def test_an_image_of_its_own_gets_no_tools_wired() -> None:
    caller = agent_of(build(planner("image: i", "to: beta/writer")), "alpha/planner")
    assert caller.byo
    assert caller.callees
    assert caller.wired_callees == ()


def test_a_workload_is_no_tool() -> None:
    built = build(STORE + service() + link("from: alpha/planner\nto: [shop/store, beta/writer]"))
    assert [link.callee.name for link in agent_of(built, "alpha/planner").wired_callees] == ["writer"]


def test_bare_names_are_of_the_documents_namespace() -> None:
    built = build(link("from: planner\nto: [writer, beta/editor]", namespace="alpha"))
    assert [f"{a.namespace}/{a.name}" for a in built.agents] == ["alpha/planner", "alpha/writer", "beta/editor"]


def test_the_short_form_of_the_platform_is_a_link() -> None:
    built = build("", "links: {alpha/planner: [writer, beta/editor]}")
    callees = [f"{link.callee.namespace}/{link.callee.name}" for link in agent_of(built, "alpha/planner").callees]
    assert callees == ["alpha/writer", "beta/editor"]


def test_origins_name_every_document_that_speaks_of_an_agent() -> None:
    built = build("", a=call("alpha/planner", "beta/writer"), b=call("alpha/editor", "beta/writer"))
    assert [origin.file for origin in agent_of(built, "beta/writer").origins] == ["b.yaml", "a.yaml"]


def test_foreign_documents_pass_through_and_kgens_own_do_not() -> None:
    built = build(STORE + CALL)
    assert [document.manifest["kind"] for document in built.documents] == ["Deployment"]


def test_an_image_of_the_users_own_needs_no_consent_of_kagents() -> None:
    """kagent wires no tools into it, so its namespace would be let in for nothing."""
    image = "apiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata: {name: planner, namespace: alpha}\n"
    image += "spec: {type: BYO, byo: {deployment: {image: registry.example/planner:1}}}\n"
    built = build(image + CALL)
    assert agent_of(built, "beta/writer").callers[0].caller.name == "planner"
    assert agent_of(built, "beta/writer").caller_namespaces == ()
    defined = define("alpha/planner", systemMessage="", modelConfigRef="", image="registry.example/planner:1")
    assert agent_of(build(defined + CALL), "beta/writer").caller_namespaces == ()
