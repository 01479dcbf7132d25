"""Every command over whole small folders, in this process: what it prints, where, and how it ends."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import yaml

from kgen.entry.cli import main

HERE = Path(__file__).parent
BASELINE = (
    "every agent has to reach the kagent controller (kagent:8083), and whoever reaches it can call any agent and write "
    "Agents there: no network policy can tell these calls apart. This stays open at profile Baseline"
)
NOTE = f"kgen: warning: Platform default: spec.profile: {BASELINE}\n"


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def names(self) -> list[str]:
        """Objects on stdout, as KIND/NAME."""
        return [f"{d['kind']}/{d['metadata']['name']}" for d in yaml.safe_load_all(self.out) if d]


@pytest.fixture
def kgen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Runs a command line in the folder of inputs."""
    monkeypatch.chdir(HERE / "inputs")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)

    def run(*words: str) -> Ran:
        code = main(list(words))
        return Ran(code, *capsys.readouterr())

    return run


# render


def test_a_slice_with_an_overlay_is_exactly_this(kgen) -> None:
    words = ("--platform", "two-platforms/a.yaml", "--overlay", "overlay/strict", "--namespace", "a", "-q")
    ran = kgen("render", "two-platforms", *words)
    assert ran.out == (HERE / "expected" / "overlay-of-namespace-a.yaml").read_text(encoding="utf-8")
    assert ran.err == f"kgen: warning: two-platforms/a.yaml:1: Platform strict: spec.profile: {BASELINE}\n"
    assert ran.code == 0


def test_objects_of_the_input_pass_through_unless_asked_otherwise(kgen) -> None:
    assert "ConfigMap/notes" in kgen("render", "wired").names
    only = kgen("render", "wired", "--only-generated").names
    assert "ConfigMap/notes" not in only
    assert {"Agent/triage", "Agent/invoices", "NetworkPolicy/triage-egress"} <= set(only)


def test_json_is_a_list_of_the_same_objects(kgen) -> None:
    as_json = json.loads(kgen("render", "wired", "--format", "json").out)
    assert (as_json["kind"], as_json["apiVersion"]) == ("List", "v1")
    assert as_json["items"] == list(yaml.safe_load_all(kgen("render", "wired").out))


def test_slices_together_are_the_whole(kgen) -> None:
    whole = kgen("render", "wired").names
    parts = [kgen("render", "wired", "--namespace", name).names for name in ("billing", "support")]
    assert sorted(whole) == sorted(name for part in parts for name in part)
    assert kgen("render", "wired", "--cluster-scoped").out == ""


def test_a_slice_does_not_miss_what_is_outside_of_it(kgen) -> None:
    assert "billing" not in kgen("render", "wired", "--namespace", "support").err


def test_patches_for_owners_go_to_stderr(kgen) -> None:
    ran = kgen("render", "two-platforms", "--platform", "two-platforms/a.yaml")
    assert "# For the owner of Agent b/two: kubectl patch agent.kagent.dev two -n b --type json" in ran.err
    assert "owner" not in ran.out


def test_a_tree_and_its_summary(kgen, tmp_path: Path) -> None:
    ran = kgen("render", "wired", "-q", "-o", str(tmp_path / "out"))
    assert ran.code == 0
    assert ran.out == (
        "AGENT           MAY CALL          OVER\n"
        "support/triage  billing/invoices  port 8080\n"
        "\n"
        "LAYER       OBJECTS  KINDS\n"
        "network     4        4 NetworkPolicy\n"
        "identity    2        2 ServiceAccount\n"
        "(your own)  3        2 Agent, 1 ConfigMap\n"
        "9 objects in all\n"
        "\n"
        f"9 files in {tmp_path}/out: 9 new; 2 proposals for other owners in {tmp_path}/out/external\n"
    )
    assert "9 unchanged" in kgen("render", "wired", "-o", str(tmp_path / "out")).out


def test_rendering_over_its_own_output_changes_nothing(kgen, tmp_path: Path) -> None:
    first = kgen("render", "wired")
    (tmp_path / "again.yaml").write_text(first.out, encoding="utf-8")
    again = kgen("render", "wired/link.yaml", str(tmp_path / "again.yaml"))
    assert again.out == first.out


def test_standard_input(kgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(Path("wired/link.yaml").read_bytes())))
    assert kgen("render", "-", "wired/agents.yaml").out == kgen("render", "wired").out


def test_every_problem_is_told_at_its_line_and_nothing_is_printed(kgen) -> None:
    ran = kgen("render", "wrong")
    assert (ran.code, ran.out) == (1, "")
    first, second = ran.err.splitlines()
    assert (
        first == "kgen: error: wrong/links.yaml:6: AgentLink first: spec.two is no field of AgentLink: did you mean to?"
    )
    assert second.startswith('kgen: error: wrong/links.yaml:12: AgentLink second: spec.from: found "A/one", expected')
    assert second.endswith("did you mean a/one?")


@pytest.mark.parametrize(
    "words, message",
    [
        (
            ("two-platforms",),
            "two-platforms/b.yaml:1: found 2 Platforms, a run has one: dev in two-platforms/a.yaml:1 and production in "
            "two-platforms/b.yaml:1; name one with --platform",
        ),
        (
            ("wired", "--platform", "plain/bundle.yaml"),
            "plain/bundle.yaml: --platform names a file without a Platform: found NetworkPolicy, Widget; "
            "give a file of kind Platform",
        ),
        (("wired", "--overlay", "stagin"), "there is no overlay stagin: neither one of kgen's nor a folder;"),
        (("wired", "--namespace", "suport"), "nothing is in namespace suport"),
        (("wired", "--as-of", "soon"), "--as-of is 'soon', expected a date such as 2027-03-31"),
        (("nowhere",), "nowhere does not exist: give a file, a folder, or - for standard input"),
        (("plain",), "there is nothing to expand: no AgentLink or AgentGrant in the input"),
    ],
)
def test_refusals(kgen, words: tuple[str, ...], message: str) -> None:
    ran = kgen("render", *words)
    assert (ran.code, ran.out) == (1, "")
    assert f"kgen: error: {message}" in ran.err


def test_namespace_and_cluster_scoped_exclude_each_other(kgen) -> None:
    ran = kgen("render", "wired", "--namespace", "a", "--cluster-scoped")
    assert (ran.code, ran.out) == (2, "")
    assert "not allowed with argument --namespace" in ran.err


def test_the_date_decides_and_is_read_from_the_environment(
    kgen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    link = Path("wired/link.yaml").read_text(encoding="utf-8") + '  validUntil: "2027-03-31"\n'
    (tmp_path / "link.yaml").write_text(link, encoding="utf-8")
    inputs = (str(tmp_path / "link.yaml"), "wired/agents.yaml")
    assert "NetworkPolicy/triage-egress" in kgen("render", *inputs, "--as-of", "2027-03-31").names
    open_, closed = (kgen("render", *inputs, "--as-of", day).out for day in ("2027-03-31", "2027-04-01"))
    assert "kgen.dev/link-hash" in open_
    assert "kgen.dev/link-hash" not in closed
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1806537600")  # 2027-04-01
    assert kgen("render", *inputs).out == closed


def test_what_kustomize_renamed_is_refused(kgen, tmp_path: Path) -> None:
    traces = "\n  annotations: {internal.config.kubernetes.io/previousNamespaces: default}\n  namespace: prod\n"
    link = Path("wired/link.yaml").read_text(encoding="utf-8")
    (tmp_path / "link.yaml").write_text(link.replace("metadata: {name: triage}", "metadata:\n  name: triage" + traces))
    ran = kgen("render", str(tmp_path))
    assert ran.code == 1
    assert "kustomize's namespace: renamed this object, but not the names in its spec" in ran.err


# check


def test_check_of_plain_manifests(kgen) -> None:
    pytest.importorskip("kubernetes_validate")
    ran = kgen("check", "plain")
    assert ran == (
        1,
        "kgen: 2 objects: 2 errors, 1 warning\n",
        "kgen: error: plain/bundle.yaml:4: NetworkPolicy shop/p: spec: missing field podSelector\n"
        "kgen: error: plain/bundle.yaml:4: NetworkPolicy shop/p: spec: unknown field podSelecter; "
        "did you mean podSelector?\n"
        "kgen: warning: not checked against a schema: example.dev/v1 Widget (1); give their CRDs with --crds DIR\n"
        "kgen: note: must exist in the cluster: Namespace shop\n",
    )


def test_check_of_links_expands_them(kgen) -> None:
    pytest.importorskip("kubernetes_validate")
    ran = kgen("check", "wired", "-q")
    assert (ran.code, ran.out) == (0, "kgen: 9 objects: 4 warnings\n")
    assert NOTE in ran.err
    assert "wired/agents.yaml:6: Agent support/triage: spec.declarative.modelConfig: ModelConfig support/gpt" in ran.err


def test_strict_wants_a_schema_for_everything(kgen, shared: Path) -> None:
    pytest.importorskip("kubernetes_validate")
    strict = kgen("check", "wired", "--strict")
    assert strict.code == 1
    assert (
        "error: not checked against a schema: kagent.dev/v1alpha2 Agent (2); give their CRDs with --crds" in strict.err
    )
    crds = str(shared / "crds" / "kagent" / "v0.10")
    assert kgen("check", "wired", "--strict", "--crds", crds).code == 0
    assert "found no CustomResourceDefinition there" in kgen("check", "wired", "--crds", "plain").err


def test_check_as_json_puts_everything_on_stdout(kgen) -> None:
    ran = kgen("check", "wrong", "--format", "json")
    assert (ran.code, ran.err) == (1, "")
    assert [(r["severity"], r["file"]["line"]) for r in json.loads(ran.out)] == [("error", 6), ("error", 12)]


# the others


def test_explain_says_who_asked_and_where_each_field_comes_from(kgen) -> None:
    ran = kgen("explain", "Agent/support/triage", "wired")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert "presence:  wired: it is in the input; kgen merges into it" in lines
    assert "asked by:  wired/link.yaml:1: AgentLink triage" in lines
    sources = {line.split()[0]: line.split("  ")[-1].strip() for line in lines if line.startswith("spec.")}
    assert sources["spec.declarative.systemMessage"] == "wired/agents.yaml:6"
    assert sources["spec.declarative.tools[0].agent.name"].startswith("bases/agents/agent.yaml:")


def test_explain_of_what_passes_through_shows_no_values(kgen) -> None:
    ran = kgen("explain", "configmap/support/notes", "wired")
    assert ran.out == (
        "object:    ConfigMap support/notes (v1)\nsource:    wired/agents.yaml:16: ConfigMap support/notes, "
        "passed through unchanged\n"
    )


def test_explain_names_the_nearest(kgen) -> None:
    ran = kgen("explain", "NetworkPolicy/support/triage-egres", "wired")
    assert ran.code == 1
    assert ran.err.endswith("did you mean NetworkPolicy/support/triage-egress?\n")


def test_explain_says_which_patch(kgen) -> None:
    words = ("two-platforms", "--platform", "two-platforms/a.yaml", "--overlay", "overlay/strict")
    ran = kgen("explain", "NetworkPolicy/a/one-egress", *words)
    (line,) = [line for line in ran.out.splitlines() if line.startswith("metadata.labels.tier")]
    assert line.endswith("overlay/strict/patches.yaml, patch 1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), True),
        (("--overlay", "examples/07-adoption/overlays/enforce"), False),
        (("--overlay", "production"), True),  # kgen's own: the folder here is another
    ],
)
def test_a_folder_that_is_left_out_is_told_unless_it_is_used(
    kgen, root: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: bool
) -> None:
    monkeypatch.chdir(root)
    ran = kgen("render", "examples/07-adoption", *words)
    assert ("examples/07-adoption/overlays: left out" in ran.err) is said


def test_layers(kgen) -> None:
    text = kgen("layers").out
    data = json.loads(kgen("layers", "--format", "json").out)
    assert [row["name"] for row in data][:2] == ["namespaces", "certificates"]
    assert {"network", "secrets", "models", "agents"} <= {row["name"] for row in data}
    for row in data:
        assert f"\n{row['name']}\n  " in text
        assert row["purpose"]


@pytest.mark.parametrize("kind", ["agentlink", "agentgrant", "platform", "overlay"])
def test_schema_is_the_published_one(kgen, root: Path, kind: str) -> None:
    published = json.loads((root / "schemas" / f"{kind}.json").read_text(encoding="utf-8"))
    assert json.loads(kgen("schema", kind).out) == published


def test_version(kgen) -> None:
    ran = kgen("version")
    assert ran.out.startswith("kgen ")
    assert "kgen.dev/v1alpha1" in ran.out
    assert kgen("--version") == ran


def test_output_is_utf8_whatever_stdout_would_write(kgen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: city, namespace: support}\ndata: {k: Zürich}\n"
    (tmp_path / "n.yaml").write_bytes(note.encode())
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main(["render", "wired/link.yaml", str(tmp_path)]) == 0
    assert "k: Zürich".encode() in written.getvalue()
