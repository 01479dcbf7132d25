"""`kgen machine-files`: files beside the bundle, whole or not at all."""

from pathlib import Path

import pytest

from kgen.entry.cli import main

LINK = """apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {name: one}
spec: {from: alpha/planner, to: beta/writer}
"""
PLATFORM = """apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: example}
spec:
  network:
    apiServer: {cidrs: [10.20.0.10/32]}
    infrastructure: {nginx: {direction: Ingress, cidr: 10.1.0.1/32, agents: [beta/*]}}
  machineFiles:
    wireguard:
      address: 10.98.0.1/24
      since: "2026-06-01"
      operators:
        ann: {publicKey: xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=, address: 10.98.0.2, since: "2026-06-01"}
    nginx: {serverName: agents.example.com, resolver: 10.96.0.10, agents: [beta/writer]}
    encryption: {name: vault-kms, endpoint: "unix:///run/kms/kms.sock"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link.yaml").write_text(LINK)
    (tmp_path / "in/platform.yaml").write_text(PLATFORM)
    return tmp_path


def write(folder: Path, *words: str) -> int:
    return main(["machine-files", str(folder / "in"), "-o", str(folder / "out"), "--as-of", "2026-06-15", *words])


def test_files_are_written_once_and_then_unchanged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(folder) == 0
    out = folder / "out"
    assert capsys.readouterr().out == f"15 files in {out}: 15 new\n"
    assert write(folder) == 0
    assert capsys.readouterr().out == f"15 files in {out}: 15 unchanged\n"
    assert "beta/writer" in (out / "gateway/etc/nginx/kgen/agents.map").read_text()


def test_what_is_asked_for_no_more_goes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder)
    (folder / "in/platform.yaml").write_text(PLATFORM[: PLATFORM.index("  machineFiles:")])
    assert write(folder) == 0
    left = sorted(str(p.relative_to(folder / "out")) for p in (folder / "out").rglob("*") if p.is_file())
    assert left == [".kgen-files", "CHECKLIST.md", "ROTATION.md", "control-plane/etc/kubernetes/audit-policy.yaml"]


def test_a_platform_alone_is_enough_where_no_agent_is_published(folder: Path) -> None:
    (folder / "in/link.yaml").unlink()
    (folder / "in/platform.yaml").write_text("\n".join(line for line in PLATFORM.splitlines() if "nginx:" not in line))
    assert write(folder) == 0


def test_a_refusal_names_the_line_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in/platform.yaml").write_text(PLATFORM.replace("10.98.0.2", "10.99.0.2"))
    assert write(folder) == 1
    error = capsys.readouterr().err
    assert "platform.yaml:13: Platform example: spec.machineFiles.wireguard.operators" in error
    assert "found 10.99.0.2, which is not in the VPN's network 10.98.0.0/24: write one that is" in error
    assert not (folder / "out").exists()


def test_a_private_key_has_no_field(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in/platform.yaml").write_text(PLATFORM.replace("publicKey:", "privateKey:"))
    assert write(folder) == 1
    error = capsys.readouterr().err
    assert "privateKey is no field of Platform" in error
    assert "xTIBA5rbo" not in error


def test_they_are_in_no_bundle(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(folder / "in"), "--as-of", "2026-06-15"]) == 0
    text = capsys.readouterr().out
    assert "audit.k8s.io" not in text
    assert "EncryptionConfiguration" not in text
