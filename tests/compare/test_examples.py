"""The examples, loosened in one place each: what a reviewer reads is one line for it."""

import shutil
from pathlib import Path

import pytest

import kgen
from kgen.compare import sides
from kgen.compare.guardrails import UNVERIFIED
from kgen.compare.sides import Side
from kgen.entry.request import read_request
from tests.compare.build import DAY, opened

EXAMPLES = Path(__file__).parents[2] / "examples"
DEV = '"system:serviceaccount:dev:dev"'

# (example, what stands in its platform.yaml, what stands there instead, all that opens)
LOOSENED: dict[str, tuple[str, str, str, list[str]]] = {
    "a gate that is open": (
        "16-verified-cards",
        "    gate: true\n",
        "",
        [
            f"[{team}] terms its callers > {team}/{name} ({UNVERIFIED})"
            for team, name in (("payments", "clerk"), ("risk", "screener"))
        ],
    ),
    "a writer of agents": (
        "18-hardened",
        'argocd-application-controller"]',
        f'argocd-application-controller", {DEV}]',
        [
            f"[{team}] guardrail {team} (admission: system:serviceaccount:dev:dev may write agents)"
            for team in ("claims", "quotes")
        ],
    ),
    "a gateway's plugin": (
        "15-egress-gateway",
        "    - {name: mcp-parser}\n",
        "",
        [
            f"[{team}] guardrail {team} (egress gateway {team}/egress-gateway: plugin mcp-parser is gone)"
            for team in ("legal", "research")
        ],
    ),
    "alerts that are gone": (
        "18-hardened",
        "spec:\n",
        "spec:\n  layers: {monitoring: Disabled}\n",
        [],
    ),
}


def rendered(folder: Path) -> Side:
    request = read_request([str(folder)])
    bundle = kgen.render(request.documents, request.platform, layers=request.layers, patches=request.patches, as_of=DAY)
    return sides.of_bundle(bundle, request.platform.manifest)


@pytest.mark.parametrize("name", LOOSENED)
def test_one_change_is_one_line(tmp_path: Path, name: str) -> None:
    example, old, new, told = LOOSENED[name]
    folder = tmp_path / example
    shutil.copytree(EXAMPLES / example, folder)
    base = rendered(folder)
    platform = folder / "platform.yaml"
    text = platform.read_text()
    assert old in text
    text = text.replace(old, new, 1)
    if "monitoring: Disabled" in text:
        start = text.index("  monitoring:\n")
        text = text[:start] + text[text.index("  namespaces:", start) :]
    platform.write_text(text)
    assert opened(base, rendered(folder)) == told
