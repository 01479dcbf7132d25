# What one managed namespace is held to. The data are the constraint's parameters; which of them matter says `concern`:
# inside (objects of the namespace), callers (references from elsewhere), rights (bindings, wherever they are).
package kgen.guard

params := input.parameters

kind := input.review.kind.kind

user := object.get(input.review, ["userInfo", "username"], "")

operation := object.get(input.review, "operation", "")

# Gatekeeper's audit asks about objects that nobody is writing just now: there is no user to judge.
written if operation != ""

after := input.review.object if {
	is_object(input.review.object)
} else := {}

before := input.review.oldObject if {
	is_object(input.review.oldObject)
} else := {}

judged if operation != "DELETE"

trusted if user in params.writers

# kube-controller-manager/app: the accounts of its controllers, and its own user where they share one.
control_plane if {
	user in {
		"system:serviceaccount:kube-system:deployment-controller",
		"system:serviceaccount:kube-system:replicaset-controller",
		"system:serviceaccount:kube-system:statefulset-controller",
		"system:serviceaccount:kube-system:daemon-set-controller",
		"system:serviceaccount:kube-system:replication-controller",
		"system:serviceaccount:kube-system:job-controller",
		"system:serviceaccount:kube-system:cronjob-controller",
		"system:kube-controller-manager",
	}
}

# ---- data

complete if {
	params.concern in {"inside", "callers", "rights"}
	is_string(params.namespace)
	params.namespace != ""
	is_boolean(params.owned)
	is_string(params.podSecurity)
	every name in ["agents", "callees", "callers", "accounts", "pods", "writers", "verdicts"] {
		is_array(params[name])
	}
}

violation contains {"msg": "data-missing: the constraint lacks parameters; render and apply it again"} if {
	judged
	not complete
	not harmless_binding
}

# Or nobody could bind anything any more, the control plane included.
harmless_binding if {
	kind in {"RoleBinding", "ClusterRoleBinding"}
	after.roleRef.name != "cluster-admin"
}

# ---- agents

is_agent if {
	judged
	kind in {"Agent", "SandboxAgent"}
}

agent_changed if operation != "UPDATE"

agent_changed if object.get(after, "spec", {}) != object.get(before, "spec", {})

relabelled if labels_of(after) != labels_of(before)

name := object.get(after, ["metadata", "name"], "")

here := object.get(input.review, "namespace", object.get(after, ["metadata", "namespace"], ""))

governs(_) if "*" in params.agents

governs(agent) if agent in params.agents

# A SandboxAgent can be written like an Agent and is no agent of any link.
governed if "*" in params.agents

governed if {
	kind == "Agent"
	name in params.agents
}

inside_agent if {
	params.concern == "inside"
	is_agent
	agent_changed
}

inside_agent if {
	params.concern == "inside"
	is_agent
	relabelled
}

deployments contains deployment if {
	some section in ["declarative", "byo"]
	deployment := after.spec[section].deployment
}

references contains tool.agent if some tool in after.spec.declarative.tools

target(reference) := space if {
	space := object.get(reference, "namespace", "")
	space != ""
} else := here

plain(reference) if {
	kind == "Agent"
	object.get(reference, "kind", "") in {"", "Agent"}
}

# The CronJob of the layer secrets, which makes kagent look again: this one label and nothing else.
nudged if {
	operation == "UPDATE"
	user == sprintf("system:serviceaccount:%v:kgen-nudge", [here])
	object.get(after, "spec", {}) == object.get(before, "spec", {})
	object.remove(labels_of(after), ["kgen.dev/nudged"]) == object.remove(labels_of(before), ["kgen.dev/nudged"])
}

violation contains {"msg": msg} if {
	inside_agent
	written
	governed
	not trusted
	not nudged
	msg := sprintf("agent-writer: %v is no trusted writer of agents (spec.admission.trustedWriters)", [user])
}

violation contains {"msg": "agent-account: the ServiceAccount is that of another agent"} if {
	inside_agent
	written
	not governed
	not trusted
	some deployment in deployments
	deployment.serviceAccountName in params.accounts
}

violation contains {"msg": "agent-reference: a tool refers to an agent that no AgentLink allows; add the link first"} if {
	inside_agent
	some reference in references
	concerned(reference)
	not allowed(reference)
}

concerned(_) if governed

concerned(reference) if {
	target(reference) == here
	governs(reference.name)
}

allowed(reference) if {
	plain(reference)
	sprintf("%v %v/%v", [name, target(reference), reference.name]) in params.callees
}

violation contains {"msg": "agent-consent: allowedNamespaces lets every namespace in; name the namespaces"} if {
	inside_agent
	governed
	everybody(after.spec.allowedNamespaces)
}

everybody(consent) if consent.from == "All"

everybody(consent) if {
	consent.from == "Selector"
	count(object.get(consent, ["selector", "matchLabels"], {})) == 0
	count(object.get(consent, ["selector", "matchExpressions"], [])) == 0
}

violation contains {"msg": "agent-privileged: the agent would run privileged, or with a path of its node"} if {
	inside_agent
	governed
	privileged
}

privileged if {
	some deployment in deployments
	deployment.securityContext.privileged
}

privileged if {
	some deployment in deployments
	some container in deployment.extraContainers
	container.securityContext.privileged
}

privileged if {
	some deployment in deployments
	some volume in deployment.volumes
	"hostPath" in object.keys(volume)
}

# kagent runs skills and code blocks privileged unless escalation is forbidden (manifest_builder.go).
privileged if {
	runs_code
	not forbids_escalation
}

runs_code if after.spec.skills

runs_code if after.spec.declarative.executeCodeBlocks

forbids_escalation if {
	some deployment in deployments
	deployment.securityContext.allowPrivilegeEscalation == false
}

# The selector of the Deployment stays what it is: the API server refuses that, half-way through (deployments.go).
violation contains {"msg": "agent-labels: deployment.labels sets app or kagent, with which its pods never start"} if {
	inside_agent
	governed
	some deployment in deployments
	some key in ["app", "kagent"]
	key in object.keys(deployment.labels)
}

# The Namespace comes from Gatekeeper's cache: while it is not synced, nothing is admitted.
violation contains {"msg": msg} if {
	inside_agent
	governed
	params.podSecurity != ""
	not data.inventory.cluster.v1.Namespace[params.namespace]
	msg := sprintf("data-missing: Namespace %v is not synced to Gatekeeper (SyncSet)", [params.namespace])
}

violation contains {"msg": msg} if {
	inside_agent
	governed
	params.podSecurity != ""
	namespace := data.inventory.cluster.v1.Namespace[params.namespace]
	level := object.get(namespace, ["metadata", "labels", "pod-security.kubernetes.io/enforce"], "")
	not level in {params.podSecurity, "restricted"}
	msg := "agent-pod-security: the Namespace does not enforce its Pod Security level any more"
}

# ---- references from elsewhere

violation contains {"msg": msg} if {
	params.concern == "callers"
	is_agent
	agent_changed
	some reference in references
	object.get(reference, "namespace", "") == params.namespace
	governs(reference.name)
	not let_in(reference)
	msg := sprintf(
		"agent-caller: a tool refers to an agent of %v that no AgentLink allows; add the link first",
		[params.namespace],
	)
}

let_in(reference) if {
	plain(reference)
	sprintf("%v/%v %v", [here, name, reference.name]) in params.callers
}

# ---- what makes a pod an agent's

workload_kinds := {
	"Pod", "ReplicationController", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob",
}

template(manifest) := manifest if {
	kind == "Pod"
} else := manifest.spec.jobTemplate.spec.template if {
	kind == "CronJob"
} else := object.get(manifest, ["spec", "template"], {})

labels_of(manifest) := labels if {
	labels := object.get(manifest, ["metadata", "labels"], {})
	is_object(labels)
} else := {}

annotations_of(manifest) := annotations if {
	annotations := object.get(manifest, ["metadata", "annotations"], {})
	is_object(annotations)
} else := {}

account(pod) := {sprintf("serviceAccountName=%v", [own])} if {
	own := pod.spec.serviceAccountName
	own in params.accounts
} else := set()

worn(pod) := {labels |
	some labels in params.pods
	every label in split(labels, ",") {
		parts := split(label, "=")
		labels_of(pod)[parts[0]] == parts[1]
	}
}

reserved(pod) := {sprintf("%v=%v", [key, value]) |
	some key, value in labels_of(pod)
	reserved_label(key, value)
}

reserved_label("kagent", _)

reserved_label("app", "kagent")

reserved_label(key, _) if startswith(key, "kgen.dev/")

opt_outs(pod) := {sprintf("%v=%v", [key, value]) |
	some place in [labels_of(pod), annotations_of(pod)]
	some key, value in place
	opt_out(key, value)
} if {
	ours(pod)
} else := set()

ours(_) if params.owned

ours(pod) if count(worn(pod) | account(pod)) > 0

opt_out("sidecar.istio.io/inject", "false")

opt_out("istio.io/dataplane-mode", "none")

opt_out("istio.io/use-waypoint", "none")

opt_out("ambient.istio.io/redirection", "disabled")

opt_out("ambient.istio.io/bypass-inbound-capture", "true")

opt_out(key, _) if startswith(key, "traffic.sidecar.istio.io/")

marks(pod) := ((worn(pod) | account(pod)) | reserved(pod)) | opt_outs(pod)

# The labels by which the operator of the layer workload-identity says whom it verified. Which workloads carry one is
# seen to by the operator: one that does may change, if it is no agent of a link.
verdicts(pod) := {sprintf("%v=%v", [key, value]) |
	some key, value in labels_of(pod)
	key in params.verdicts
}

images(pod) := [object.get(container, "image", "") |
	some list in ["initContainers", "containers"]
	some container in pod.spec[list]
]

same_content if count(marks(template(after))) == 0

same_content if {
	kind == "Pod"
	images(template(after)) == images(template(before))
}

same_content if {
	kind != "Pod"
	template(after) == template(before)
}

untouched if {
	operation == "UPDATE"
	marks(template(after)) == marks(template(before))
	verdicts(template(after)) == verdicts(template(before))
	same_content
}

may_set if control_plane

may_set if {
	kind != "Pod"
	trusted
}

violation contains {"msg": msg} if {
	params.concern == "inside"
	judged
	written
	kind in workload_kinds
	found := ((marks(template(after)) | marks(template(before))) | verdicts(template(after))) | verdicts(template(before))
	count(found) > 0
	not untouched
	not may_set
	msg := sprintf(
		"agent-identity: %v may not set what makes a %v an agent's, or a verified one, or takes it out of the mesh: %v",
		[user, lower(kind), concat(" ", found)],
	)
}

# ---- the Namespace itself

protecting(manifest) := {sprintf("%v=%v", [key, value]) |
	some key, value in labels_of(manifest)
	protects(key)
}

protects(key) if startswith(key, "pod-security.kubernetes.io/")

protects(key) if startswith(key, "kgen.dev/")

protects(key) if key in {"istio-injection", "istio.io/rev", "istio.io/dataplane-mode", "istio.io/use-waypoint"}

violation contains {"msg": msg} if {
	params.concern == "inside"
	params.owned
	judged
	written
	kind == "Namespace"
	protecting(after) != protecting(before)
	not trusted
	msg := sprintf("namespace-labels: %v may not change the labels that protect this namespace", [user])
}

# ---- rights

violation contains {"msg": "role-wildcard: name the verbs, API groups and resources"} if {
	params.concern == "inside"
	params.owned
	judged
	kind == "Role"
	role_changed
	some rule in after.rules
	some list in ["verbs", "apiGroups", "resources"]
	some value in rule[list]
	contains(value, "*")
}

role_changed if operation != "UPDATE"

role_changed if object.get(after, "rules", []) != object.get(before, "rules", [])

violation contains {"msg": msg} if {
	params.concern == "rights"
	judged
	kind in {"RoleBinding", "ClusterRoleBinding"}
	after.roleRef.name == "cluster-admin"
	bound_anew
	some subject in after.subjects
	is_ours(subject)
	msg := sprintf("agent-rights: this makes agents of %v cluster-admin; bind a Role with what they need", [params.namespace])
}

bound_anew if operation != "UPDATE"

bound_anew if object.get(after, "subjects", []) != object.get(before, "subjects", [])

# In an Owned namespace every account is meant.
meant(_) if params.owned

meant(account_name) if account_name in params.accounts

is_ours(subject) if {
	subject.kind == "ServiceAccount"
	object.get(subject, "namespace", here) == params.namespace
	meant(subject.name)
}

is_ours(subject) if {
	subject.kind == "User"
	prefix := sprintf("system:serviceaccount:%v:", [params.namespace])
	startswith(subject.name, prefix)
	meant(trim_prefix(subject.name, prefix))
}

is_ours(subject) if {
	subject.kind == "Group"
	subject.name in {
		sprintf("system:serviceaccounts:%v", [params.namespace]),
		"system:serviceaccounts",
		"system:authenticated",
	}
}
