-- Health of a kagent Agent (kagent.dev/v1alpha2, kagent 0.9 and 0.10) for Argo CD.
-- Accepted: its references hold, its callees' consent included. Ready: its Deployment runs.
-- Conditions of an older generation say nothing about this one.
local health = {status = "Progressing", message = "waiting for kagent's controller"}
local status = obj.status
if status == nil or status.conditions == nil then
  return health
end
if status.observedGeneration ~= nil and obj.metadata.generation ~= nil
    and status.observedGeneration < obj.metadata.generation then
  return health
end
local accepted, ready
for _, condition in ipairs(status.conditions) do
  if condition.type == "Accepted" then accepted = condition end
  if condition.type == "Ready" then ready = condition end
end
if accepted == nil then
  return health
end
if accepted.status == "False" then
  health.status = "Degraded"
  health.message = accepted.message or accepted.reason or "not accepted"
elseif accepted.status == "True" and ready ~= nil and ready.status == "True" then
  health.status = "Healthy"
  health.message = "accepted and ready"
elseif ready ~= nil then
  health.message = ready.message or ready.reason or "not ready"
else
  health.message = "accepted, not ready yet"
end
return health
