"""Which Secrets are fetched, from where, and which agents are nudged."""

import pytest

from kgen.topology.rules import external_secrets
from kgen.topology.types import Nudge, Peer, Secret, SecretStore
from tests.topology.build import build, link
from tests.topology.refusals_secrets import DELEGATES, NUDGE, SERVER, VAULT, fetched
from tests.topology.samples import agent, plain

MODEL = "defaults: {model: {provider: Anthropic, model: m, apiKeySecretRef: {name: llm, key: key}}}\n"
PLANNER = "from: {namespace: alpha, name: planner, define: {description: D., systemMessage: S.}}\nto: beta/writer\n"
TOKEN = "delegation: {secretRef: {name: token, key: token}}"
ESO = "external-secrets.io/v1"


def test_nothing_is_fetched_where_secrets_are_referred_to() -> None:
    built = build(DELEGATES, f"secrets: {{provider: Reference, {VAULT}}}")
    assert built.secrets == ()
    assert built.platform.secret_store is None
    assert not any(space.store or space.makes_store_account for space in built.namespaces)


def test_each_secret_of_links_and_models_is_fetched_once() -> None:
    definitions = link(PLANNER + TOKEN) + link(PLANNER.replace("planner", "other"), "other")
    built = build(definitions, MODEL + fetched(f"remotePrefix: agents/, {VAULT}"))
    assert built.secrets == (
        Secret("alpha", "llm", ("key",), "agents/alpha/llm", "defined"),
        Secret("alpha", "token", ("token",), "agents/alpha/token", "defined"),
    )


def test_the_keys_of_one_secret_come_together() -> None:
    both = link(PLANNER + TOKEN.replace("name: token, key: token", "name: llm, key: delegated"))
    assert [s.keys for s in build(both, MODEL + fetched()).secrets] == [("delegated", "key")]


@pytest.mark.parametrize("provider", ["Bedrock", "SAPAICore"])
def test_a_provider_that_reads_several_keys_gets_all_of_them(provider: str) -> None:
    built = build(link(PLANNER), MODEL.replace("Anthropic", provider) + fetched())
    assert [(s.name, s.keys) for s in built.secrets] == [("llm", ())]


def test_a_model_without_key_needs_no_secret() -> None:
    assert build(link(PLANNER), "defaults: {model: {provider: Ollama, model: m}}\n" + fetched()).secrets == ()


@pytest.mark.parametrize(
    "maker",
    [
        plain("Secret", "token"),
        plain("ExternalSecret", "token", api_version=ESO),
        plain("ExternalSecret", "other", api_version=ESO) + "spec: {target: {name: token}}\n",
        plain("SealedSecret", "token", api_version="bitnami.com/v1alpha1"),
        plain("Certificate", "cert", api_version="cert-manager.io/v1") + "spec: {secretName: token}\n",
    ],
    ids=["Secret", "ExternalSecret", "ExternalSecret-target", "SealedSecret", "Certificate"],
)
def test_a_secret_emitted_twice(maker: str) -> None:
    """Two writers of one Secret overwrite each other; what the input makes, kgen does not."""
    assert build(DELEGATES + agent() + maker, fetched()).secrets == ()
    elsewhere = maker.replace("namespace: alpha", "namespace: beta")
    assert len(build(DELEGATES + agent() + elsewhere, fetched()).secrets) == 1


def test_under_observe_nothing_is_fetched_because_it_would_replace_what_runs() -> None:
    built = build(DELEGATES + agent(), f"namespaces: {{alpha: {{enforcement: Observe}}}}\n{fetched()}")
    assert built.secrets == ()


def test_what_only_an_external_agent_reads_is_proposed_to_its_owner() -> None:
    built = build(DELEGATES, fetched())
    assert [secret.presence for secret in built.secrets] == ["proposed"]
    assert [space.store for space in built.namespaces] == ["proposed", ""]
    assert [secret.presence for secret in build(DELEGATES + agent(), fetched()).secrets] == ["defined"]


def test_a_suspended_or_removed_link_takes_its_secret_along() -> None:
    suspended = DELEGATES + "  suspend: true\n"
    assert build(suspended + agent(), fetched()).secrets == ()


def test_a_store_and_its_account_in_each_namespace_that_reads() -> None:
    built = build(DELEGATES + agent(), fetched())
    assert built.platform.secret_store == SecretStore(
        "vault", "SecretStore", "24h", ("alpha",), "https://vault.example", "", "v2", "kubernetes", "kgen",
        "kgen-secrets", ("vault",), False,
    )  # fmt: skip
    spaces = {space.name: (space.store, space.makes_store_account) for space in built.namespaces}
    assert spaces == {"alpha": ("defined", True), "beta": ("", False)}
    with_account = build(DELEGATES + agent() + plain("ServiceAccount", "kgen-secrets"), fetched())
    assert not any(space.makes_store_account for space in with_account.namespaces)


def test_a_cluster_store_that_kgen_makes_ends_in_the_platforms_name() -> None:
    built = build(DELEGATES + agent(), fetched(f"storeRef: {{kind: ClusterSecretStore}}, {VAULT}"))
    made = built.platform.secret_store
    assert made
    assert (made.name, made.namespaces, made.makes_service_account) == ("vault-example", ("alpha",), True)
    assert not any(space.store for space in built.namespaces)


def test_a_store_that_exists_keeps_its_name_and_nothing_is_made() -> None:
    built = build(DELEGATES + agent(), fetched("storeRef: {name: house, kind: ClusterSecretStore}"))
    made = built.platform.secret_store
    assert made
    assert (made.name, made.server, made.makes_service_account) == ("house", "", False)


def test_agents_with_delegated_headers_are_nudged() -> None:
    built = build(DELEGATES + agent(), f"{NUDGE}\n{SERVER}")
    assert built.platform.nudge == Nudge("registry.example/kubectl:1", "17 3 * * *", (Peer(cidr="10.0.0.10/32"),), 6443)
    assert {space.name: space.nudged for space in built.namespaces} == {"alpha": ("planner",), "beta": ()}


@pytest.mark.parametrize(
    "text, platform",
    [
        (DELEGATES, ""),
        (DELEGATES + agent(), "namespaces: {alpha: {enforcement: Observe}}\n"),
        (link("from: alpha/planner\nto: beta/writer") + agent(), ""),
    ],
    ids=["external", "observe", "no-header"],
)
def test_nothing_is_nudged_that_kgen_does_not_wire(text: str, platform: str) -> None:
    built = build(text, f"{platform}{NUDGE}\n{SERVER}")
    assert built.platform.nudge is None
    assert not any(space.nudged for space in built.namespaces)


CLUSTER_STORE = f"---\napiVersion: {ESO}\nkind: ClusterSecretStore\nmetadata: {{name: house}}\n"


@pytest.mark.parametrize(
    "rule, where, message, text, platform",
    [
        (
            "vault-unused",
            "Platform spec.secrets.vault",
            "is not used: provider is Reference, so kgen makes no store and fetches nothing; set provider: "
            "ExternalSecrets, or take it out (vault: null in an overlay)",
            "",
            f"secrets: {{{VAULT}}}",
        ),
        (
            "vault-clear",
            "Platform spec.secrets.vault.server",
            "found http://vault.example, over which tokens and values travel in clear: write https://; an error from "
            "profile Hardened",
            "",
            fetched(VAULT.replace("https:", "http:")),
        ),
        (
            "store-conditions",
            "ClusterSecretStore spec.conditions",
            "without conditions every namespace of the cluster may read from this store: write conditions: "
            "[{namespaces: [alpha]}]; an error from profile Hardened",
            CLUSTER_STORE + "spec: {}\n",
            fetched("storeRef: {name: house, kind: ClusterSecretStore}"),
        ),
    ],
)
def test_it_is_said(rule: str, where: str, message: str, text: str, platform: str) -> None:
    [result] = [result for result in build(DELEGATES + agent() + text, platform).results if result.rule == rule]
    assert (result.severity, f"{result.kind} {result.field}") == ("warning", where)
    assert result.message == message


def test_from_hardened_on_a_weakness_is_an_error() -> None:
    severities = [external_secrets.strict({"profile": each}) for each in ("Baseline", "Mesh", "Hardened", "ZeroTrust")]
    assert severities == ["warning", "warning", "error", "error"]


def test_a_cluster_store_with_conditions_needs_no_word() -> None:
    text = CLUSTER_STORE + "spec: {conditions: [{namespaces: [alpha]}]}\n"
    built = build(DELEGATES + agent() + text, fetched("storeRef: {name: house, kind: ClusterSecretStore}"))
    assert not [result for result in built.results if result.rule == "store-conditions"]
