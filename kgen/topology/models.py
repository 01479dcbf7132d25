"""Models: one ModelConfig a namespace for the Platform's default, one more for each agent with a model of its own.

kagent resolves a ModelConfig, and its Secret, in the agent's namespace only (agent_types.go: "ns/name" is
not supported), so the default is repeated where it is used.
"""

from kgen.manifests import Document, Manifest, get
from kgen.records import Any, NamedTuple
from kgen.results import Result
from kgen.runtimes import kagent
from kgen.runtimes.shapes import text
from kgen.topology.ends import End
from kgen.topology.index import Index, Key, about
from kgen.topology.types import DEFINED, Endpoint, Model

DEFAULT_NAME = "default-model"


class Use(NamedTuple):
    """The model of one agent: its ModelConfig's name, and where its provider is when it is not the usual one."""

    name: str
    url: str  # base URL; "" for the provider's own
    document: Document
    field: str


class Models(NamedTuple):
    made: dict[Key, Model]  # ModelConfigs to make, by (namespace, name)
    used: dict[Key, Use]  # by agent


def models(
    ends: dict[Key, End], endpoints: dict[Key, Endpoint], index: Index, platform: Document, results: list[Result]
) -> Models:
    """Which ModelConfigs there must be, and who uses which."""
    found = Models({}, {})
    spec = platform.manifest["spec"]
    default = get(spec, "defaults", "model")
    for key, end in ends.items():
        if endpoints[key].presence != DEFINED:
            if end.manifest and not kagent.is_byo(end.manifest.manifest) and end.facts["kind"] == "Agent":
                _wired(key, end.manifest, found)
            continue
        define, mention = end.facts["define"], end.says("define")
        if define.get("image"):
            continue
        field = f"{mention.field}.define"
        if define.get("modelConfigRef"):
            name = define["modelConfigRef"]["name"]
            found.used[key] = Use(name, "", mention.document, f"{field}.modelConfigRef")
        elif define.get("model"):
            name = f"{key[1]}-model"
            if name == DEFAULT_NAME and default:
                message = (
                    f"would be ModelConfig {key[0]}/{name}, the name of the Platform's default model: rename the "
                    "agent, or use modelConfigRef"
                )
                results.append(about(mention.document, "name-taken", f"{field}.model", message))
                continue
            _make(key[0], name, define["model"], mention.document, f"{field}.model", spec, found, key, results)
        elif default:
            here = "spec.defaults.model"
            _make(key[0], DEFAULT_NAME, default, platform, here, spec, found, key, results)
        else:
            message = (
                "needs a model: set define.model or define.modelConfigRef here, or spec.defaults.model in the Platform"
            )
            results.append(about(mention.document, "model-missing", field, message))
    for key, use in found.used.items():  # only now are all known that there are to refer to
        if not use.url:
            found.used[key] = use._replace(url=_url(key[0], use.name, index, found))
    for (namespace, name), _ in found.made.items():
        there_already = index.find("ModelConfig", namespace, name)
        if there_already:
            message = f"has the name of a ModelConfig that kgen makes in {namespace}: rename it, or use modelConfigRef"
            results.append(about(there_already, "name-taken", "metadata.name", message))
    return found


def _make(
    namespace: str,
    name: str,
    given: dict[str, Any],
    document: Document,
    field: str,
    spec: dict[str, Any],
    found: Models,
    user: Key,
    results: list[Result],
) -> None:
    provider, version = given["provider"], spec["kagent"]["version"]
    if provider not in kagent.PROVIDERS or (provider in kagent.SINCE_0_10 and version == "0.9"):
        results.append(_unknown_provider(provider, version, document, f"{field}.provider"))
        return
    block, url_field = kagent.PROVIDERS[provider]
    parameters = dict(given.get("parameters") or {})
    url = given.get("baseUrl") or parameters.get(url_field) or ""
    if given.get("baseUrl"):
        if not url_field:
            message = f"does not apply to provider {provider}: kagent has no base URL for it; remove it"
            results.append(about(document, "base-url", f"{field}.baseUrl", message))
        elif parameters.get(url_field, url) != url:
            message = f"differs from parameters.{url_field}: keep one of them"
            results.append(about(document, "base-url", f"{field}.baseUrl", message))
        else:
            parameters = {url_field: url, **parameters}
    secret = given.get("apiKeySecretRef") or {}
    model = Model(
        namespace,
        name,
        provider,
        given["model"],
        secret.get("name") or "",
        secret.get("key") or "",
        block,
        parameters,
    )
    found.made[(namespace, name)] = model
    found.used[user] = Use(name, url, document, f"{field}.baseUrl")


def _unknown_provider(provider: str, version: str, document: Document, field: str) -> Result:
    from difflib import get_close_matches

    known = [name for name in kagent.PROVIDERS if version != "0.9" or name not in kagent.SINCE_0_10]
    near = get_close_matches(provider, known, 1)
    advice = f"write {near[0]}" if near else f"write one of {', '.join(known)}"
    message = f"found {provider}, which kagent {version} does not know: {advice}"
    return about(document, "provider", field, message, proposed=near[0] if near else None)


def _wired(key: Key, document: Document, found: Models) -> None:
    name = text(get(document.manifest, "spec", "declarative", "modelConfig"))
    found.used[key] = Use(name, "", document, "spec.declarative.modelConfig")


def _url(namespace: str, name: str, index: Index, found: Models) -> str:
    """The base URL in a ModelConfig, of kgen's making or of the input; "" where it has none."""
    made = found.made.get((namespace, name))
    if made:
        return str(made.parameters.get(kagent.PROVIDERS[made.provider][1]) or "")
    return _url_of(index.manifest("ModelConfig", namespace, name)) if name else ""


def _url_of(config: Manifest | None) -> str:
    """The base URL in a ModelConfig of the input; "" where it has none."""
    block, field = kagent.PROVIDERS.get(text(get(config, "spec", "provider"), "OpenAI"), ("", ""))
    return text(get(config, "spec", block, field)) if block and field else ""
