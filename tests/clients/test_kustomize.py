"""kustomize and kubectl: the same objects as from `kgen render`, for every example; nothing when it fails."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kgen.entry import plugin_home
from tests.clients import packages
from tests.clients.packages import expected, kustomization, objects, run
from tests.clients.rendering import ROOT, Rendering, renderings

pytestmark = pytest.mark.clients

KUSTOMIZES = ("kustomize@5.4.3", "kustomize@5.6.0", "kustomize@5.8.1")
FLAGS = ["--enable-alpha-plugins", "--enable-exec"]
LINK = """\
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {name: one}
spec: {from: team-alpha/orchestrator, to: team-beta/specialist}
"""
PLATFORM = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata:
  name: default
  annotations: {config.kubernetes.io/function: "exec: {path: kgen-fn}"%s}
spec: {%s}
"""


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("machine")
    packages.programs(folder / "bin")
    environment = packages.environment(folder)
    plugin_home.install(environment["KUSTOMIZE_PLUGIN_HOME"])
    return environment


@pytest.fixture(params=KUSTOMIZES)
def kustomize(request: pytest.FixtureRequest, client: Callable[[str], Path]) -> str:
    return str(client(request.param))


def kubectls(client: Callable[[str], Path]) -> list[str]:
    """The one of the Python package, and the one that is installed on this machine."""
    found = [str(client("kubectl"))]
    installed = next(
        (path for folder in os.get_exec_path() if os.access(path := os.path.join(folder, "kubectl"), os.X_OK)), None
    )
    return [*found, installed] if installed else found


def project(folder: Path, kustomization: str, **files: str) -> Path:
    """A kustomization with a link and a Platform, and what a test adds."""
    everything = {"link": LINK, "platform": PLATFORM % ("", ""), "kustomization": kustomization, **files}
    for name, text in everything.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("way", renderings(), ids=str)
def test_an_example_through_kustomize(way: Rendering, kustomize: str, env: dict[str, str], tmp_path: Path) -> None:
    folder = kustomization(way, tmp_path, function=True)
    built = objects(run([kustomize, "build", *FLAGS, "."], folder, env).stdout)
    assert built == expected(way, env)
    from_elsewhere = objects(run([kustomize, "build", *FLAGS, str(folder)], ROOT, env).stdout)
    assert from_elsewhere == built


@pytest.mark.parametrize("way", renderings(), ids=str)
def test_an_example_through_kubectl(
    way: Rendering, client: Callable[[str], Path], env: dict[str, str], tmp_path: Path
) -> None:
    folder = kustomization(way, tmp_path, function=False)
    for kubectl in kubectls(client):
        built = objects(run([kubectl, "kustomize", "--enable-alpha-plugins", "."], folder, env).stdout)
        assert built == expected(way, env), kubectl


def test_example_06_as_it_lies_there(kustomize: str, env: dict[str, str]) -> None:
    way = Rendering("06-kustomize", ("examples/06-kustomize",))
    built = objects(run([kustomize, "build", *FLAGS, "examples/06-kustomize"], ROOT, env).stdout)
    assert built == expected(way, env)


@pytest.mark.parametrize("kind", ["function", "legacy"])
def test_the_shipped_components_and_patches_on_what_they_expand(
    kind: str, kustomize: str, client: Callable[[str], Path], env: dict[str, str], tmp_path: Path
) -> None:
    patch = [{"op": "add", "path": "/metadata/labels/seen", "value": "yes"}]
    whole = {
        "resources": ["link.yaml"],
        "components": ["kgen"],
        "patches": [{"target": {"kind": "NetworkPolicy"}, "patch": yaml.safe_dump(patch)}],
    }
    folder = project(tmp_path, yaml.safe_dump(whole))
    (folder / "kgen").mkdir()
    for file in (ROOT / "plugins/kustomize" / kind).glob("*.yaml"):
        (folder / "kgen" / file.name).write_text(file.read_text())
    commands = [[kustomize, "build", *FLAGS, "."]]
    if kind == "legacy":
        commands += [[kubectl, "kustomize", "--enable-alpha-plugins", "."] for kubectl in kubectls(client)]
    for command in commands:
        made = objects(run(command, folder, env).stdout)
        assert len(made) == 4
        assert all(each["metadata"]["labels"]["seen"] == "yes" for each in made.values())


@pytest.mark.parametrize("config", ["platform-links", "platform-files", "agentlink"])
def test_generators(config: str, kustomize: str, env: dict[str, str], tmp_path: Path) -> None:
    text = {
        "platform-links": PLATFORM % ("", "links: {team-alpha/orchestrator: [team-beta/specialist]}"),
        "platform-files": PLATFORM % ("", "files: [lin*.yaml]"),
        "agentlink": LINK.replace(
            "{name: one}", '{name: one, annotations: {config.kubernetes.io/function: "exec: {path: kgen-fn}"}}'
        ),
    }[config]
    folder = project(tmp_path, "generators: [platform.yaml]\n", platform=text)
    made = objects(run([kustomize, "build", *FLAGS, "."], folder, env).stdout)
    assert len(made) == 4


def test_what_namespace_and_name_prefix_break_is_refused(kustomize: str, env: dict[str, str], tmp_path: Path) -> None:
    validator = PLATFORM % (", kgen.dev/role: validator", "")
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ntransformers: [platform.yaml]\n"
    for setting in ("namespace: forced", "namePrefix: pre-", "nameSuffix: -post"):
        for way in ("transformers: [platform.yaml]", "components: [kgen]\nvalidators: [validator.yaml]"):
            folder = project(tmp_path, f"{setting}\nresources: [link.yaml]\n{way}\n", validator=validator)
            (folder / "kgen").mkdir(exist_ok=True)
            (folder / "kgen/kustomization.yaml").write_text(component)
            (folder / "kgen/platform.yaml").write_text(PLATFORM % ("", ""))
            done = run([kustomize, "build", *FLAGS, "."], folder, env, code=1)
            assert done.stdout == ""
            assert f"kustomize's {setting.partition(':')[0]}: renamed this object" in done.stderr, way


def test_a_validator_lets_a_good_bundle_pass(kustomize: str, env: dict[str, str], tmp_path: Path) -> None:
    validator = PLATFORM.replace("name: default", "name: check") % (", kgen.dev/role: validator", "")
    text = "resources: [link.yaml]\ntransformers: [platform.yaml]\nvalidators: [validator.yaml]\n"
    folder = project(tmp_path, text, validator=validator)
    assert len(objects(run([kustomize, "build", *FLAGS, "."], folder, env).stdout)) == 4


def test_a_second_expansion_in_one_build_is_refused(kustomize: str, env: dict[str, str], tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    for folder, resources in ((inner, "link.yaml"), (outer, "link.yaml, ../inner")):
        folder.mkdir()
        project(folder, f"resources: [{resources}]\ntransformers: [platform.yaml]\n")
    (outer / "link.yaml").write_text(LINK.replace("name: one", "name: two").replace("team-alpha", "team-c"))
    done = run([kustomize, "build", *FLAGS, "."], outer, env, code=1)
    assert "expand once, in the outermost kustomization" in done.stderr


@pytest.mark.parametrize(
    "link, platform, message",
    [
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", PLATFORM % ("", ""), "there is nothing to expand"),
        (LINK, (PLATFORM % ("", "")).replace("kind: Platform", "kind: Platfrom"), "Platfrom"),
        (LINK, (PLATFORM % ("", "")).replace("kgen.dev/v1alpha1", "v1").replace("Platform", "Secret"), "v1 Secret"),
        (LINK, PLATFORM % ("", "profil: Mesh"), "profil"),
        (LINK.replace("to:", "two:"), PLATFORM % ("", ""), "two"),
    ],
)
def test_what_kgen_refuses_fails_the_build(
    link: str, platform: str, message: str, kustomize: str, env: dict[str, str], tmp_path: Path
) -> None:
    folder = project(tmp_path, "resources: [link.yaml]\ntransformers: [platform.yaml]\n", link=link, platform=platform)
    done = run([kustomize, "build", *FLAGS, "."], folder, env, code=1)
    assert done.stdout == ""
    assert "kgen: error: " in done.stderr
    assert message in done.stderr


def test_missing_flags_and_programs(
    kustomize: str, client: Callable[[str], Path], env: dict[str, str], tmp_path: Path
) -> None:
    folder = project(tmp_path, "resources: [link.yaml]\ntransformers: [platform.yaml]\n")
    silent = run([kustomize, "build", FLAGS[0], "."], folder, env)
    assert [each["kind"] for each in objects(silent.stdout).values()] == ["AgentLink"], "nobody can apply it"
    assert "external plugins disabled" in run([kustomize, "build", "."], folder, env, code=1).stderr
    bare = {**env, "PATH": "/usr/bin:/bin"}
    missing = run([kustomize, "build", *FLAGS, "."], folder, bare, code=1)
    assert 'exec: "kgen-fn": executable file not found in $PATH' in missing.stderr
    legacy = project(
        tmp_path,
        (folder / "kustomization.yaml").read_text(),
        platform="""\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: default}
""",
    )
    without = {**env, "KUSTOMIZE_PLUGIN_HOME": str(tmp_path)}
    for command in ([kustomize, "build"], *([kubectl, "kustomize"] for kubectl in kubectls(client))):
        assert "external plugins disabled" in run([*command, "."], legacy, env, code=1).stderr
        failed = run([*command, FLAGS[0], "."], legacy, without, code=1)
        assert any(part in failed.stderr for part in ("unable to find plugin root", "Go object code")), failed.stderr


def test_kgen_doctor_finds_these_cases(kustomize: str, client: Callable[[str], Path], env: dict[str, str]) -> None:
    machine = {
        **env,
        "PATH": os.pathsep.join(
            [
                env["PATH"].partition(os.pathsep)[0],
                str(Path(kustomize).parent),
                str(client("kubectl").parent),
                "/usr/bin",
                "/bin",
            ]
        ),
    }
    done = run(["kgen", "doctor", "kustomize", "kubectl"], ROOT, machine)
    assert done.stdout.count(": works: ") == 2
    done = run(["kgen", "doctor", "kubectl"], ROOT, {**machine, "KUSTOMIZE_PLUGIN_HOME": "/nowhere"}, code=1)
    assert "  fix: run kgen install kustomize-plugin\n" in done.stdout


def test_names_of_ones_own_follow_by_the_shipped_references(
    kustomize: str, client: Callable[[str], Path], env: dict[str, str], tmp_path: Path
) -> None:
    agent = """\
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: {name: desk, namespace: support}
spec:
  type: Declarative
  declarative:
    modelConfig: house
    systemMessageFrom: {type: ConfigMap, name: words, key: text}
    deployment: {serviceAccountName: desk-sa, imagePullSecrets: [{name: token}]}
    tools:
    - type: McpServer
      mcpServer: {kind: RemoteMCPServer, name: orders}
      headersFrom: [{name: X, valueFrom: {type: Secret, name: token, key: k}}]
---
apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: {name: house, namespace: support}
spec: {provider: Anthropic, model: m, apiKeySecret: token, apiKeySecretKey: k}
---
apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: {name: orders, namespace: support}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: desk-sa, namespace: support}
"""
    whole = {
        "namePrefix": "pre-",
        "resources": ["link.yaml"],
        "configurations": ["name-references.yaml"],
        "secretGenerator": [{"name": "token", "namespace": "support", "literals": ["k=v"]}],
        "configMapGenerator": [{"name": "words", "namespace": "support", "literals": ["text=hello"]}],
    }
    references = (ROOT / "plugins/kustomize/name-references.yaml").read_text()
    folder = project(tmp_path, yaml.safe_dump(whole), link=agent, **{"name-references": references})
    for command in ([kustomize, "build"], *([kubectl, "kustomize"] for kubectl in kubectls(client))):
        made = {each["kind"]: each for each in objects(run([*command, "."], folder, env).stdout).values()}
        token, words = made["Secret"]["metadata"]["name"], made["ConfigMap"]["metadata"]["name"]
        assert token.startswith("pre-token-")
        declarative = made["Agent"]["spec"]["declarative"]
        assert made["ModelConfig"]["spec"]["apiKeySecret"] == token
        assert declarative["modelConfig"] == "pre-house"
        assert declarative["systemMessageFrom"]["name"] == words
        assert declarative["deployment"] == {"serviceAccountName": "pre-desk-sa", "imagePullSecrets": [{"name": token}]}
        assert declarative["tools"][0]["headersFrom"][0]["valueFrom"]["name"] == token
        assert declarative["tools"][0]["mcpServer"]["name"] == "pre-orders"
