# The locks on the kagent controller. Which one this is, and the controller's user name, are parameters.
package kgen.locks

user := object.get(input.review, ["userInfo", "username"], "")

operation := object.get(input.review, "operation", "")

# Gatekeeper's audit asks about objects that nobody is writing just now: there is no user to judge.
by_the_controller if {
	operation != ""
	user == input.parameters.controller
}

before := input.review.oldObject if {
	is_object(input.review.oldObject)
} else := {}

known if {
	input.parameters.lock in {"controller-writes", "takeovers", "legacy-agents"}
	is_string(input.parameters.controller)
	input.parameters.controller != ""
}

violation contains {"msg": "data-missing: the lock has no name or no controller; render and apply it again"} if {
	not known
}

violation contains {"msg": msg} if {
	input.parameters.lock == "controller-writes"
	by_the_controller
	msg := "controller-writes: the kagent controller writes no objects of kagent.dev; change the manifest in git"
}

violation contains {"msg": msg} if {
	input.parameters.lock == "takeovers"
	by_the_controller
	operation == "DELETE"
	not owned(before, false)
	msg := "takeovers: the kagent controller writes only what belongs to an object of kagent.dev"
}

violation contains {"msg": msg} if {
	input.parameters.lock == "takeovers"
	by_the_controller
	operation != "DELETE"
	not owned(input.review.object, true)
	msg := "takeovers: the kagent controller writes only what belongs to an object of kagent.dev"
}

violation contains {"msg": msg} if {
	input.parameters.lock == "takeovers"
	by_the_controller
	operation == "UPDATE"
	not owned(before, true)
	msg := "takeovers: the kagent controller does not take over what was somebody else's"
}

violation contains {"msg": msg} if {
	input.parameters.lock == "legacy-agents"
	operation != "DELETE"
	not current
	msg := "legacy-agents: this Agent is no kagent.dev/v1alpha2 one; write it in that version"
}

owned(manifest, as_controller) if {
	some owner in manifest.metadata.ownerReferences
	startswith(owner.apiVersion, "kagent.dev/")
	object.get(owner, "controller", false) in {as_controller, true}
}

current if {
	input.review.object.spec.type == "BYO"
	input.review.object.spec.byo
}

current if {
	input.review.object.spec.type != "BYO"
	input.review.object.spec.declarative
}
