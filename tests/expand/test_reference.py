"""The layer author's reference is what the lists of the engine say, and its example works."""

import re
import subprocess
import sys

from kgen.expand import compile_layer, instantiate
from kgen.expand.filters import FILTERS
from kgen.expand.scopes import SCOPES
from kgen.expand.translate import INSIDE
from kgen.load.layers import LayerSource
from tests.expand.build import topology
from tests.layers.build import namespace


def test_the_page_is_fresh(root):
    run = subprocess.run(
        [sys.executable, root / "scripts" / "templates_reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_everything_is_on_the_page(root):
    page = (root / "docs" / "reference" / "templates.md").read_text()
    for word in (*FILTERS, *SCOPES, *INSIDE, "$wave", "$presence", "$lists"):
        assert f"`{word}" in page, word
    for link in re.findall(r"\]\(#(\w+)\)", page):
        assert re.search(rf"^### {link}$", page, re.IGNORECASE | re.MULTILINE), link


def test_the_example_works(root):
    page = (root / "docs" / "reference" / "templates.md").read_text()
    blocks = re.findall(r"```yaml\n# layers/quota/(\S+)\n(.*?)```", page, re.DOTALL)
    files = {name: text.encode() for name, text in blocks}
    assert set(files) == {"layer.yaml", "quota.yaml"}
    layer = compile_layer(LayerSource("quota", files, "", False, "layers/quota"))
    of = topology(namespaces=(namespace("team-alpha", agents=("a", "b")), namespace("team-beta")))
    (one,) = instantiate([layer], of)
    assert one.build()["spec"] == {"hard": {"pods": 2}}
    assert (one.wave, one.identity.namespace) == (-4, "team-alpha")
