"""Grants: who is admitted, what ends, and which terms reach the callee."""

from kgen.topology.types import Claim, Limits, Token
from tests.topology.build import TODAY, agent_of, build, call, link, messages
from tests.topology.refusals_mesh import AMBIENT, CALL, IN_MESH, JWT, OWN_CALL, grant

CONSENT = "consent: CrossNamespace"


def pairs(built):
    return [(one.caller.name, one.callee.name) for one in built.links]


def test_a_grant_admits_by_name_and_by_namespace():
    for callers in ("[alpha/planner]", "['alpha/*']"):
        built = build(OWN_CALL + grant("").replace("[alpha/planner]", callers), CONSENT)
        assert pairs(built) == [("planner", "writer")]


def test_within_a_namespace_no_consent_is_needed_unless_it_is_required():
    assert pairs(build(link("from: planner\nto: writer", "own", "alpha"), CONSENT)) == [("planner", "writer")]


def test_a_grant_of_a_list_of_callees_and_of_its_own_namespace():
    both = grant("").replace("to: writer", "to: [writer, beta/editor]").replace("[alpha/planner]", "[planner]")
    text = link("from: planner\nto: [writer, editor]", "own", "beta") + both
    assert pairs(build(text, "consent: Required")) == [("planner", "editor"), ("planner", "writer")]


def test_an_ended_consent_takes_the_call_away_and_does_not_stop_the_run():
    built = build(OWN_CALL + grant("validUntil: '2026-06-14'"), CONSENT)
    assert pairs(built) == []
    assert messages(built, "expired") == [
        "the consent of beta/writer has ended (AgentGrant writer): the call is left out; have the grant renewed, or "
        "delete the link",
        "expired on 2026-06-14 (today is 2026-06-15): it admits nobody any more; renew or delete the grant",
    ]


def test_the_last_day_counts_and_a_second_grant_goes_on():
    assert pairs(build(OWN_CALL + grant(f"validUntil: '{TODAY}'"), CONSENT)) == [("planner", "writer")]
    text = OWN_CALL + grant("validUntil: '2026-06-14'") + grant("", "second")
    assert pairs(build(text, CONSENT)) == [("planner", "writer")]


def test_an_ended_grant_has_no_terms():
    built = build(CALL + grant("validUntil: '2020-01-01'\n  limits: {}"), IN_MESH)
    assert agent_of(built, "beta/writer").limits is None


def test_terms_reach_the_callee_from_whichever_grant_states_them():
    text = CALL + grant("limits: {}", "first") + grant(JWT % ", requiredClaims: [{name: roles, values: [a]}]", "second")
    writer = agent_of(build(text, IN_MESH), "beta/writer")
    assert writer.limits == Limits(10, 20, 10)
    assert writer.token == Token(
        "https://idp.example.com",
        ("writer",),
        "https://idp.example.com/keys",
        {},
        "Authorization",
        "Bearer ",
        (Claim("roles", ("a",)),),
    )
    assert agent_of(build(text, IN_MESH), "alpha/planner").token is None


def test_terms_without_a_mesh_are_said_to_be_no_protection():
    built = build(CALL + grant("limits: {}"))
    assert messages(built, "terms-without-mesh") == [
        "is not enforced: it takes the mesh layer (profile Mesh, or spec.layers: {mesh: Enabled})"
    ]


def test_a_grant_that_names_others_is_no_protection_without_consent():
    built = build(call("alpha/other", "beta/writer") + grant(""))
    assert messages(built, "consent") == [
        "no AgentGrant of beta/writer names alpha/other, but spec.consent is NotRequired, so the call is open all the "
        "same"
    ]


def test_sources_bind_links_and_definitions_with_consent():
    files = {"in": grant("")}
    built = build("", "namespaces: {alpha: {sources: [teams/alpha], management: External}}", **files, x=OWN_CALL)
    assert pairs(built) == [("planner", "writer")]  # without consent anybody may speak


def test_the_short_form_is_the_platforms_own():
    built = build(grant(""), f"{CONSENT}\nlinks: {{alpha/planner: [beta/writer]}}")
    assert pairs(built) == [("planner", "writer")]


def test_a_suspended_link_or_agent_is_cut_at_the_callee():
    suspended = link("from: alpha/planner\nto: beta/writer\nsuspend: true")
    assert [one.name for one in agent_of(build(suspended, IN_MESH), "beta/writer").cut_callers] == ["planner"]
    switched = build(CALL, IN_MESH + "suspended: {alpha/planner: INC-1}")
    assert [one.name for one in agent_of(switched, "beta/writer").cut_callers] == ["planner"]
    assert agent_of(switched, "alpha/planner").suspended
    assert [one.name for one in switched.platform.kagent.suspended_accounts] == ["planner"]


def test_nobody_is_cut_without_a_reason():
    assert agent_of(build(CALL, AMBIENT), "beta/writer").cut_callers == ()


def test_a_grant_alone_keeps_its_callee_closed():
    """Law 8: it is input like a link, and when the last link goes the callee's policies stay."""
    built = build(grant(""), CONSENT)
    writer = agent_of(built, "beta/writer")
    assert (writer.presence, writer.callers, built.links) == ("external", (), ())
    assert [agent.name for agent in built.agents] == ["writer"]
    assert [agent.name for agent in build(grant("validUntil: '2020-01-01'"), CONSENT).agents] == ["writer"]


def test_a_grant_says_nothing_new_of_an_agent_that_a_link_names():
    with_one, without = build(OWN_CALL + grant("")), build(OWN_CALL)
    assert [a._replace(origins=()) for a in with_one.agents] == [a._replace(origins=()) for a in without.agents]


def test_a_callee_that_is_probably_misspelt_is_said():
    built = build(OWN_CALL + grant("") + grant("", "second").replace("to: writer", "to: wirter"), CONSENT)
    assert messages(built, "grant-callee") == [
        "no link and no manifest knows beta/wirter: did you mean writer? If it is an agent that is called later, "
        "nothing is wrong"
    ]
