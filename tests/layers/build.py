"""Small topologies for the tests of layers, and the objects that a layer makes of them."""

from typing import Any

import yaml

from kgen.expand import Instance, compile_layer, instantiate
from kgen.load import layers
from kgen.manifests import Manifest
from kgen.topology.types import (
    Access,
    Agent,
    Definition,
    Delegation,
    Endpoint,
    Flow,
    KagentControl,
    Link,
    Model,
    Namespace,
    Peer,
    Platform,
    PodSecurity,
    Port,
    Topology,
)

DNS = Flow("dns", (Peer("kube-system", {"matchLabels": {"k8s-app": "kube-dns"}}),), (Port(53, "UDP"), Port(53)))
CONTROLLER_PODS = {"matchLabels": {"app.kubernetes.io/name": "kagent", "app.kubernetes.io/component": "controller"}}
UI_PODS = {"matchLabels": {"app.kubernetes.io/name": "kagent", "app.kubernetes.io/component": "ui"}}
TOOLS_PODS = {"matchLabels": {"app.kubernetes.io/name": "kagent-tools"}}
TO_CONTROLLER = Flow("controller", (Peer("kagent", CONTROLLER_PODS),), (Port(8083),))
FROM_CONTROLLER = Flow("controller", (Peer("kagent", CONTROLLER_PODS),), (Port(8080),))
RESTRICTED_POD = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESTRICTED_CONTAINER = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def manifest(text: str) -> Manifest:
    """A literal expectation."""
    value: Manifest = yaml.safe_load(text)
    return value


def endpoint(place: str, presence: str = "defined", kind: str = "Agent", port: int = 8080) -> Endpoint:
    namespace, _, name = place.partition("/")
    is_agent = kind == "Agent"
    return Endpoint(
        namespace=namespace,
        name=name,
        kind=kind,
        presence=presence,
        pod_selector={"matchLabels": {"app": "kagent", "kagent": name} if is_agent else {"app": name}},
        port=port,
        service=name,
        service_port=8080 if is_agent else 80,
        paths=("/",),
        card_path="/.well-known/agent-card.json",
        service_account=f"{name}-sa" if presence == "defined" else name,
    )


def link(caller: str | Endpoint, callee: str | Endpoint, delegation: Delegation | None = None) -> Link:
    ends = [endpoint(end) if isinstance(end, str) else end for end in (caller, callee)]
    return Link(ends[0], ends[1], delegation, ())


def definition(**changes: Any) -> Definition:
    made = Definition(
        description="Does one thing well.",
        byo=False,
        runtime="python",
        system_message="You do one thing.",
        system_message_from={},
        image="",
        command="",
        args=(),
        env=(),
        skills=(),
        replicas=None,
        resources={},
        labels={},
        image_pull_secrets=(),
    )
    return made._replace(**changes)


def agent(place: str, presence: str = "defined", kind: str = "Agent", port: int = 8080, **changes: Any) -> Agent:
    """A kagent Agent, or a workload, that kgen may touch: Owned and under Enforce, alone, with its usual flows."""
    is_agent, defined = kind == "Agent", presence == "defined"
    ours = is_agent and presence != "external"
    made = Agent(
        endpoint=endpoint(place, presence, kind, port),
        management="Owned",
        enforced=True,
        callers=(),
        callees=(),
        tools=(),
        ingress=(FROM_CONTROLLER,) if is_agent else (),
        egress=(DNS, TO_CONTROLLER) if is_agent else (DNS,),
        caller_namespaces=(),
        definition=definition() if defined and is_agent else None,
        byo=False,
        model_config="default-model" if defined and is_agent else "",
        makes_service_account=defined and is_agent,
        pod_security_context=RESTRICTED_POD if ours else {},
        security_context=RESTRICTED_CONTAINER if ours else {},
        wave=0,
        link_hash="",
        origins=(),
    )
    return made._replace(**changes)


def namespace(name: str, **changes: Any) -> Namespace:
    made = Namespace(
        name=name,
        management="Owned",
        enforced=True,
        listed=True,
        presence="defined",
        team="",
        labels={},
        pod_security=PodSecurity("restricted", "restricted", "restricted", "v1.33"),
        agents=(),
    )
    return made._replace(**changes)


def platform(**changes: Any) -> Platform:
    kagent = KagentControl(
        namespace="kagent",
        managed=changes.pop("managed", False),
        controller=CONTROLLER_PODS,
        controller_port=8083,
        tools=TOOLS_PODS,
        tools_port=8084,
        controller_callers=changes.pop("controller_callers", (Peer("kagent", UI_PODS),)),
        tools_callers=changes.pop("tools_callers", (Peer("kagent", CONTROLLER_PODS),)),
    )
    made = Platform(
        name="default",
        profile="Baseline",
        cluster_domain="cluster.local",
        trust_domain="cluster.local",
        platform_namespace="kgen-system",
        cni="Generic",
        runs_kagent=True,
        kagent_version="0.10",
        kagent=kagent,
        sync_waves=True,
        agents=(),
        namespaces=(),
        links=(),
    )
    return made._replace(**changes)


def topology(
    *agents: Agent,
    namespaces: tuple[Namespace, ...] = (),
    models: tuple[Model, ...] = (),
    accesses: tuple[Access, ...] = (),
    on: Platform | None = None,
) -> Topology:
    links = tuple(one for agent in agents for one in agent.callees)
    whole = (on or platform())._replace(agents=agents, namespaces=namespaces, links=links)
    return Topology(whole, namespaces, agents, links, models, accesses, (), ())


def instances(layer: str, of: Topology) -> dict[str, Instance]:
    """What a layer makes, by `Kind namespace/name`."""
    found = instantiate((compile_layer(layers.shipped(layer)),), of)
    by_name = {str(one.identity): one for one in found}
    assert len(by_name) == len(found), "two objects of one identity"
    return by_name


def built(one: Instance) -> Manifest:
    return one.template.build(one.scope, one.platform)


def objects(layer: str, of: Topology) -> dict[str, Manifest]:
    return {name: built(one) for name, one in instances(layer, of).items()}
