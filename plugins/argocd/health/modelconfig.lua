-- Health of a kagent ModelConfig (kagent.dev/v1alpha2, kagent 0.9 and 0.10) for Argo CD.
-- Accepted: its Secret is there and its fields make a model.
local health = {status = "Progressing", message = "waiting for kagent's controller"}
local status = obj.status
if status == nil or status.conditions == nil then
  return health
end
if status.observedGeneration ~= nil and obj.metadata.generation ~= nil
    and status.observedGeneration < obj.metadata.generation then
  return health
end
for _, condition in ipairs(status.conditions) do
  if condition.type == "Accepted" then
    if condition.status == "True" then
      health.status = "Healthy"
      health.message = "accepted"
    elseif condition.status == "False" then
      health.status = "Degraded"
      health.message = condition.message or condition.reason or "not accepted"
    end
  end
end
return health
