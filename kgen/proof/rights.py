"""Which rights in the API server matter to agents, and what a rule of a role gives of them.

Of the authorizer of Kubernetes (v1.33): plugin/pkg/auth/authorizer/rbac and pkg/apis/rbac/v1/evaluation_helpers.go.
"""

from kgen.records import Any
from kgen.runtimes.shapes import items, texts

EVERYTHING = "everything"
_WRITE = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_CHANGE = frozenset({"create", "update", "patch"})
_READ = frozenset({"get", "list", "watch"})
_CALL = frozenset({"get", "create", "update", "patch", "delete"})
_RBAC, _ISTIO, _KAGENT = "rbac.authorization.k8s.io", "security.istio.io", "kagent.dev"
_WEBHOOKS = "admissionregistration.k8s.io"

# (power, API group, resources, verbs, any of which gives it)
POWERS: tuple[tuple[str, str, tuple[str, ...], frozenset[str]], ...] = (
    ("read Secrets", "", ("secrets",), _READ),
    # a Secret of type service-account-token is filled with the token of any account of its namespace
    ("write Secrets", "", ("secrets",), _CHANGE),
    ("write Agents", _KAGENT, ("agents", "sandboxagents"), _CHANGE),
    ("delete Agents", _KAGENT, ("agents", "sandboxagents"), frozenset({"delete", "deletecollection"})),
    ("change models and tool servers", _KAGENT, ("modelconfigs", "remotemcpservers", "mcpservers"), _CHANGE),
    ("change models and tool servers", _KAGENT, ("toolservers", "modelproviderconfigs"), _CHANGE),
    ("run commands in pods", "", ("pods/exec",), frozenset({"create", "get"})),
    ("attach to pods", "", ("pods/attach",), frozenset({"create", "get"})),
    ("add containers to pods", "", ("pods/ephemeralcontainers",), frozenset({"update", "patch"})),
    # traffic that comes from the node, or from the API server: no network policy sees who sent it
    ("call pods past the network policies", "", ("pods/portforward", "pods/proxy", "services/proxy"), _CALL),
    ("command the kubelets", "", ("nodes/proxy",), _CALL),
    ("start pods, with any Secret and account", "", ("pods",), frozenset({"create"})),
    ("change running pods", "", ("pods",), frozenset({"update", "patch"})),
    ("start pods by workloads", "", ("replicationcontrollers",), _CHANGE),
    ("start pods by workloads", "apps", ("deployments", "statefulsets", "daemonsets", "replicasets"), _CHANGE),
    ("start pods by workloads", "batch", ("jobs", "cronjobs"), _CHANGE),
    ("take tokens of accounts", "", ("serviceaccounts/token",), frozenset({"create"})),
    ("act as others", "", ("users", "groups", "serviceaccounts"), frozenset({"impersonate"})),
    ("act as others", "authentication.k8s.io", ("uids", "userextras/*"), frozenset({"impersonate"})),
    ("issue certificates", "certificates.k8s.io", ("certificatesigningrequests/approval",), _CHANGE),
    ("change network policies", "networking.k8s.io", ("networkpolicies",), _WRITE),
    ("change network policies", "policy.networking.k8s.io", ("adminnetworkpolicies", "clusternetworkpolicies"), _WRITE),
    ("change network policies", "policy.networking.k8s.io", ("baselineadminnetworkpolicies",), _WRITE),
    ("change network policies", "cilium.io", ("ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies"), _WRITE),
    ("change network policies", "crd.projectcalico.org", ("networkpolicies", "globalnetworkpolicies"), _WRITE),
    ("change network policies", "projectcalico.org", ("networkpolicies", "globalnetworkpolicies"), _WRITE),
    ("change the mesh's policies", _ISTIO, ("authorizationpolicies", "peerauthentications"), _WRITE),
    ("change the mesh's policies", _ISTIO, ("requestauthentications",), _WRITE),
    # filters can take an authorization out of a proxy; routes and Services lead past a waypoint, or to somebody else
    ("change what the mesh's proxies do", "networking.istio.io", ("envoyfilters", "sidecars", "proxyconfigs"), _WRITE),
    ("change what the mesh's proxies do", "extensions.istio.io", ("wasmplugins",), _WRITE),
    (
        "lead traffic elsewhere",
        "networking.istio.io",
        ("virtualservices", "destinationrules", "serviceentries"),
        _WRITE,
    ),
    ("lead traffic elsewhere", "networking.istio.io", ("workloadentries",), _WRITE),
    ("lead traffic elsewhere", "gateway.networking.k8s.io", ("gateways", "httproutes", "grpcroutes"), _WRITE),
    ("lead traffic elsewhere", "gateway.networking.k8s.io", ("tcproutes", "tlsroutes"), _WRITE),
    ("lead traffic elsewhere", "", ("services", "endpoints"), _WRITE),
    ("lead traffic elsewhere", "discovery.k8s.io", ("endpointslices",), _WRITE),
    ("change admission", _WEBHOOKS, ("validatingadmissionpolicies", "validatingadmissionpolicybindings"), _WRITE),
    ("change admission", _WEBHOOKS, ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"), _WRITE),
    ("change admission", _WEBHOOKS, ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"), _WRITE),
    ("change admission", "templates.gatekeeper.sh", ("constrainttemplates",), _WRITE),
    ("change admission", "constraints.gatekeeper.sh", ("*",), _WRITE),
    # the links that kgen's guardrails know, and the trust bundles and settings of others, are in ConfigMaps
    ("write ConfigMaps", "", ("configmaps",), _WRITE),
    ("change kinds and the API itself", "apiextensions.k8s.io", ("customresourcedefinitions",), _WRITE),
    ("change kinds and the API itself", "apiregistration.k8s.io", ("apiservices",), _WRITE),
    ("mount the nodes' disks", "", ("persistentvolumes",), _CHANGE),
    ("read Secrets", "external-secrets.io", ("externalsecrets", "clusterexternalsecrets"), _CHANGE),
    ("deploy by Argo CD", "argoproj.io", ("applications", "applicationsets", "appprojects"), _CHANGE),
    ("label namespaces", "", ("namespaces",), frozenset({"update", "patch"})),
    ("delete namespaces", "", ("namespaces",), frozenset({"delete", "deletecollection"})),
    ("give rights", _RBAC, ("roles", "clusterroles"), frozenset({"escalate", "bind"})),
)
_WORKLOADS = (
    *("run commands in pods", "attach to pods", "call pods past the network policies"),
    *("start pods, with any Secret and account", "change running pods", "start pods by workloads"),
)
_EDIT = (
    *("read Secrets", "write Secrets", "write ConfigMaps", "lead traffic elsewhere"),
    *_WORKLOADS,
    *("take tokens of accounts", "act as others"),
)
BUILT_IN: dict[str, tuple[str, ...]] = {
    # ClusterRoles that Kubernetes brings (plugin/pkg/auth/authorizer/rbac/bootstrappolicy, v1.33); edit may impersonate
    # the accounts of its namespace
    "cluster-admin": (EVERYTHING,),
    "admin": (*_EDIT, "change network policies"),
    "edit": (*_EDIT, "change network policies"),
    "view": (),
}
AGGREGATES = "rbac.authorization.k8s.io/aggregate-to-"
"""Label of ClusterRoles whose rules one that Kubernetes brings takes over: view, edit and so on."""
INTO: dict[str, tuple[str, ...]] = {"admin": ("admin", "edit", "view"), "edit": ("edit", "view"), "view": ("view",)}

Given = tuple[str, tuple[str, ...]]  # power, the only names it is for


def of_rules(rules: Any) -> list[Given]:
    """What these rules give, each power once for each set of names."""
    found: dict[Given, None] = {}
    for rule in items(rules):
        groups, resources, verbs = (texts(rule.get(key)) for key in ("apiGroups", "resources", "verbs"))
        names = tuple(sorted(texts(rule.get("resourceNames"))))
        if "*" in groups and "*" in resources and "*" in verbs:
            found[EVERYTHING, names] = None
            continue
        for what, group, wanted, needed in POWERS:
            if {group, "*"} & groups and any(_gives(resources, verbs, one, needed, bool(names)) for one in wanted):
                found[what, names] = None
    return list(found)


def _gives(resources: set[str], verbs: set[str], wanted: str, needed: frozenset[str], named: bool) -> bool:
    parent, _, sub = wanted.partition("/")
    if named and not sub:
        # a request that creates, or deletes many, names no object: a rule for names does not speak of it
        needed = needed - {"create", "deletecollection"}
    if not needed or not (needed | {"*"}) & verbs:
        return False
    if wanted == "*":
        return bool(resources)
    return bool({wanted, "*"} & resources or (sub and ({f"*/{sub}", f"{parent}/*"} & resources)))
