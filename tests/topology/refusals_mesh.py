"""What consent, grants and the mesh refuse."""

from tests.topology.build import call, define, link
from tests.topology.refusal import Refusal
from tests.topology.samples import STORE, agent, service

IN_MESH = "profile: Mesh\nmesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}\n"
AMBIENT = "profile: Mesh\nmesh: {mode: Ambient, kagentInMesh: true}\n"
RUNS_AS = "from: {namespace: shop, name: %s, kind: Deployment, podSelector: {%s}}\nto: beta/writer"
JWT = "jwt: {issuer: 'https://idp.example.com', audiences: [writer], jwksUri: 'https://idp.example.com/keys'%s}"


def grant(body: str, name: str = "writer", namespace: str = "beta") -> str:
    """An AgentGrant of beta/writer to alpha/planner, with further fields of its spec."""
    return (
        "---\napiVersion: kgen.dev/v1alpha1\nkind: AgentGrant\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  from: [alpha/planner]\n  to: writer\n  {body}\n"
    )


OWN_STORE = STORE.replace("    spec:\n      containers", "    spec:\n      serviceAccountName: store\n      containers")
CALL = call("alpha/planner", "beta/writer")
OWN_CALL = link("from: planner\nto: beta/writer", "own", "alpha")

CASES = (
    # consent
    Refusal(
        "no consent",
        "consent",
        "AgentLink spec.to",
        "alpha/planner has no consent to call beta/writer, and spec.consent is CrossNamespace: the team of beta has to "
        "write\n"
        "apiVersion: kgen.dev/v1alpha1\n"
        "kind: AgentGrant\n"
        "metadata:\n"
        "  name: writer\n"
        "  namespace: beta\n"
        "spec:\n"
        "  from:\n"
        "  - alpha/planner\n"
        "  to: writer",
        OWN_CALL,
        "consent: CrossNamespace",
    ),
    Refusal(
        "consent for another",
        "consent",
        "AgentLink spec.to",
        "alpha/other has no consent to call beta/writer, and spec.consent is CrossNamespace: the grant at in.yaml:9 "
        "does not name it: alpha/other has to go into its `from`, or the team of beta has to write\n"
        "apiVersion: kgen.dev/v1alpha1\n"
        "kind: AgentGrant\n"
        "metadata:\n"
        "  name: writer\n"
        "  namespace: beta\n"
        "spec:\n"
        "  from:\n"
        "  - alpha/other\n"
        "  to: writer",
        link("from: other\nto: beta/writer", "own", "alpha") + grant("validUntil: '2027-01-01'"),
        "consent: CrossNamespace",
    ),
    Refusal(
        "consent within a namespace",
        "consent",
        "AgentLink spec.to",
        "alpha/planner has no consent to call alpha/writer, and spec.consent is Required: the team of alpha has to "
        "write\n"
        "apiVersion: kgen.dev/v1alpha1\n"
        "kind: AgentGrant\n"
        "metadata:\n"
        "  name: writer\n"
        "  namespace: alpha\n"
        "spec:\n"
        "  from:\n"
        "  - alpha/planner\n"
        "  to: writer",
        link("from: planner\nto: writer", "own", "alpha"),
        "consent: Required",
    ),
    Refusal(
        "short form where consent is required",
        "consent",
        "Platform spec.links",
        "is the short form, which nobody's team has written: with consent Required write AgentLinks in the callers' "
        "folders",
        grant("limits: {}"),
        "consent: Required\nlinks: {alpha/planner: [beta/writer]}",
    ),
    # who may say what
    Refusal(
        "link of nobody",
        "speaks-for",
        "AgentLink spec.from",
        "speaks for an agent of alpha, but metadata.namespace is not set: with consent CrossNamespace only documents "
        "of alpha may; set it to alpha",
        CALL + grant("limits: {}"),
        "consent: CrossNamespace",
    ),
    Refusal(
        "facts by another team",
        "speaks-for",
        "AgentLink spec.to.serviceAccountName",
        "speaks for an agent of beta, but metadata.namespace is alpha: with consent CrossNamespace only documents of "
        "beta may; move it to a document with metadata.namespace: beta",
        link("from: planner\nto: {namespace: beta, name: writer, serviceAccountName: other}", "own", "alpha")
        + grant("limits: {}"),
        "consent: CrossNamespace",
    ),
    Refusal(
        "grant from a foreign folder",
        "speaks-for",
        "AgentGrant metadata.namespace",
        "speaks for beta from in.yaml, but only teams/beta may (sources of the namespace in the Platform, relative to "
        "where kgen runs or to the Platform's folder): move the file there",
        CALL + grant("limits: {}"),
        "namespaces: {beta: {sources: [teams/beta], management: External}}",
    ),
    # grants
    Refusal(
        "grant for another namespace",
        "grant-namespace",
        "AgentGrant spec.to",
        "alpha/planner is not in beta: a grant speaks for the agents of its own namespace only; write it with "
        "metadata.namespace: alpha, or take the agent out here",
        CALL + grant("limits: {}").replace("to: writer", "to: alpha/planner"),
    ),
    Refusal(
        "grants that disagree",
        "grant-terms",
        "AgentGrant spec.limits",
        "differs from the grant at in.yaml:9: grants of beta/writer must agree; state the terms in one of them",
        CALL + grant("limits: {burst: 30}", "first") + grant("limits: {}", "second"),
    ),
    Refusal(
        "burst below the rate",
        "grant-limits",
        "AgentGrant spec.limits.burst",
        "found 5, less than requestsPerSecond (10), so that never more than 5 a second get through: raise it, or lower "
        "requestsPerSecond",
        CALL + grant("limits: {burst: 5}"),
    ),
    Refusal(
        "no keys",
        "grant-jwt",
        "AgentGrant spec.jwt",
        "needs exactly one of jwksUri and jwks, or no token could be verified, or two ways contradict",
        CALL + grant("jwt: {issuer: 'https://idp.example.com', audiences: [writer]}"),
    ),
    Refusal(
        "claim that is a path",
        "grant-jwt",
        "AgentGrant spec.jwt.requiredClaims[0].name",
        "found 'a][b', expected the name of one claim: letters, digits and - _ . : /",
        CALL + grant(JWT % ", requiredClaims: [{name: 'a][b', values: [x]}]"),
    ),
    Refusal(
        "grant until no day",
        "valid-until",
        "AgentGrant spec.validUntil",
        "found '2027-02-30', expected a day of the calendar such as 2027-03-31",
        CALL + grant("validUntil: '2027-02-30'"),
    ),
    Refusal(
        "limits in ambient",
        "limits-in-ambient",
        "AgentGrant spec.limits",
        "can not be enforced in ambient mode: waypoints ignore the filter that limits requests (istio.io, Migrate "
        "policies); remove it, or run the mesh with sidecars",
        CALL + grant("limits: {}"),
        AMBIENT,
    ),
    # the mesh
    Refusal(
        "no mode",
        "mesh-mode",
        "Platform spec.mesh.mode",
        "is missing: profile Mesh needs to know the data plane; set it to Sidecar, with istioCNI, or to Ambient",
        CALL,
        "profile: Mesh\nmesh: {kagentInMesh: true}",
    ),
    Refusal(
        "no mode for the layer alone",
        "mesh-mode",
        "Platform spec.mesh.mode",
        "is missing: the mesh layer needs to know the data plane; set it to Sidecar, with istioCNI, or to Ambient",
        CALL,
        "layers: {mesh: Enabled}\nmesh: {kagentInMesh: true}",
    ),
    Refusal(
        "kagent not in the mesh",
        "kagent-in-mesh",
        "Platform spec.mesh.kagentInMesh",
        "is false, but profile Mesh guards port 8083 of the kagent controller, which only a proxy in front of it can: "
        "bring namespace kagent into the mesh and set it to true",
        CALL,
        "profile: Mesh\nmesh: {mode: Ambient}",
    ),
    Refusal(
        "sidecars that restricted refuses",
        "istio-cni",
        "Platform spec.mesh.istioCNI",
        "is false, but alpha enforces Pod Security restricted, which refuses the sidecar's init container (NET_ADMIN): "
        "install the Istio CNI and set it to true, or use mode Ambient",
        CALL,
        "profile: Mesh\nmesh: {mode: Sidecar, kagentInMesh: true}\nnamespaces: {alpha: {}}",
    ),
    Refusal(
        "sidecars that baseline refuses",
        "istio-cni",
        "Platform spec.mesh.istioCNI",
        "is false, but alpha enforces Pod Security baseline, which refuses the sidecar's init container (NET_ADMIN): "
        "install the Istio CNI and set it to true, or use mode Ambient",
        CALL,
        "profile: Mesh\nmesh: {mode: Sidecar, kagentInMesh: true}\n"
        "namespaces: {alpha: {podSecurity: {enforce: baseline}}}",
    ),
    Refusal(
        "client of nobody",
        "client-account",
        'Platform spec.kagent.clients["portal"].serviceAccountName',
        "is missing: in the mesh a client of the controller is let in by its ServiceAccount; set it",
        CALL,
        IN_MESH + "kagent: {clients: {portal: {peer: {namespace: web, podSelector: {matchLabels: {app: portal}}}}}}",
    ),
    Refusal(
        "infrastructure without identity",
        "infrastructure",
        'Platform spec.network.infrastructure["lb"].cidr',
        "comes from addresses, which have no identity in a mesh with mutual TLS: let it in by a gateway that is in the "
        "mesh, and name that as peer",
        CALL,
        IN_MESH + "network: {infrastructure: {lb: {direction: Ingress, cidr: 10.0.0.0/8, agents: [alpha/planner]}}}",
    ),
    Refusal(
        "mesh label of one's own",
        "namespace-label",
        'Platform spec.namespaces["alpha"].labels["istio-injection"]',
        "is not for `labels`: the mesh layer sets it from spec.mesh; remove it here",
        CALL,
        IN_MESH + "namespaces: {alpha: {labels: {istio-injection: disabled}}}",
    ),
    Refusal(
        "workload without identity",
        "mesh-identity",
        "AgentLink spec.from",
        "Deployment shop/store is external, and who it is to the mesh is not known: set serviceAccountName to the "
        "account that its pods run as",
        link(RUNS_AS % ("store", "matchLabels: {app: store}")),
        IN_MESH,
    ),
    Refusal(
        "workload as default",
        "mesh-identity",
        "AgentLink spec.to",
        "Deployment shop/store runs as the ServiceAccount default, as every pod of shop does that names none: whoever "
        "gets a pod there would be it; give it one of its own",
        STORE + service() + call("alpha/planner", "shop/store"),
        IN_MESH,
    ),
    Refusal(
        "two agents of one account",
        "mesh-identity",
        "AgentLink spec.from",
        "Agent alpha/writer runs as ServiceAccount shared, and so does alpha/planner: the mesh can not tell them "
        "apart; give each its own",
        link("from: {namespace: alpha, name: planner, serviceAccountName: shared}\nto: beta/one", "one")
        + link("from: {namespace: alpha, name: writer, serviceAccountName: shared}\nto: beta/two", "two"),
        IN_MESH,
    ),
    Refusal(
        "defined outside the mesh",
        "mesh-opt-out",
        'AgentLink spec.from.define.labels["sidecar.istio.io/inject"]',
        "found false, by which alpha/planner leaves the mesh, and no policy of the mesh holds for its pods: remove it",
        define("alpha/planner", labels="{sidecar.istio.io/inject: 'false'}"),
        IN_MESH,
    ),
    Refusal(
        "wired outside the mesh",
        "mesh-opt-out",
        'Agent spec.declarative.deployment.labels["istio.io/dataplane-mode"]',
        "found none, by which alpha/planner leaves the mesh, and no policy of the mesh holds for its pods: remove it",
        agent(declarative="deployment: {labels: {istio.io/dataplane-mode: none}}") + CALL,
        AMBIENT,
    ),
    Refusal(
        "port around the proxy",
        "mesh-opt-out",
        'Deployment spec.template.metadata.annotations["traffic.sidecar.istio.io/excludeInboundPorts"]',
        "found 8443, 9000, by which shop/store takes calls on port 9000 around its proxy: remove it",
        OWN_STORE.replace(
            "{labels: {app: store}}",
            "{labels: {app: store}, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: '8443, 9000'}}",
        )
        + service()
        + call("alpha/planner", "shop/store"),
        IN_MESH,
    ),
    Refusal(
        "ports that leave the agent's out",
        "mesh-opt-out",
        'Deployment spec.template.metadata.annotations["traffic.sidecar.istio.io/includeInboundPorts"]',
        "found 80, by which shop/store takes calls on port 9000 around its proxy: remove it",
        OWN_STORE.replace(
            "{labels: {app: store}}",
            "{labels: {app: store}, annotations: {traffic.sidecar.istio.io/includeInboundPorts: '80'}}",
        )
        + service()
        + call("alpha/planner", "shop/store"),
        IN_MESH,
    ),
    Refusal(
        "selector that Istio lacks",
        "mesh-selector",
        "AgentLink spec.from",
        "Deployment shop/store is selected by matchExpressions, which Istio's selectors do not have: give it labels of "
        "its own that matchLabels can name",
        link(
            (RUNS_AS % ("store", "matchExpressions: [{key: app, operator: In, values: [store]}]")).replace(
                "kind: Deployment", "kind: Deployment, serviceAccountName: store"
            )
        ),
        IN_MESH,
    ),
)
