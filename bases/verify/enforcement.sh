#!/bin/sh
# Whether network policies are enforced at all: of two pods in a namespace of their own one reaches the other, then a
# policy forbids it. No Service is there, and their labels are in no agent's. Part of verify.sh, which has the variables.
# shellcheck disable=SC2154,SC2034

temporary_space() {
  cat <<END
apiVersion: v1
kind: Namespace
metadata:
  name: $space
  labels: {pod-security.kubernetes.io/enforce: restricted, istio-injection: disabled, kgen.dev/verify: temporary}
---
# The namespace's own comes a moment later, and a pod without one is refused.
apiVersion: v1
kind: ServiceAccount
metadata: {name: nobody, namespace: $space}
automountServiceAccountToken: false
END
}

temporary_pod() { # NAME COMMAND
  cat <<END
---
apiVersion: v1
kind: Pod
metadata:
  name: $1
  namespace: $space
  labels: {kgen.dev/verify: $1, sidecar.istio.io/inject: "false", istio.io/dataplane-mode: none}
spec:
  restartPolicy: Never
  serviceAccountName: nobody
  automountServiceAccountToken: false
  activeDeadlineSeconds: $budget
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: $1
    image: $image
    command: [sh, -c, '$2']
    workingDir: /empty
    volumeMounts: [{name: empty, mountPath: /empty}]
    resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 128Mi}}
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
  volumes: [{name: empty, emptyDir: {sizeLimit: 1Mi}}]
END
}

# Something that answers HTTP, whatever the image has; one line, because YAML folds several.
serve='if command -v python3; then exec python3 -m http.server 8080; fi; '\
'if busybox httpd --help; then exec busybox httpd -f -p 8080; fi; if command -v httpd; then exec httpd -f -p 8080; fi; '\
'while true; do printf "HTTP/1.0 204 No Content\r\n\r\n" | nc -l -p 8080; done'

closed() {
  cat <<END
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody, namespace: $space}
spec: {podSelector: {matchLabels: {kgen.dev/verify: server}}, policyTypes: [Ingress]}
END
}

check_enforcement() { # fails where there is no stranger to call agents from
  space=kgen-verify-$run
  { temporary_space; temporary_pod server "$serve"; temporary_pod client "sleep $budget"; } >"$notes/objects"
  if ! "$kubectl" create -f "$notes/objects" >/dev/null 2>"$notes/errors" </dev/null; then
    say inconclusive enforcement "$policies" "the pods could not be made: $(said_by "$notes/errors")"
    return 1
  fi
  if ! "$kubectl" wait -n "$space" --for=condition=Ready pod/server pod/client --timeout=120s >/dev/null 2>&1 </dev/null; then
    say inconclusive enforcement "$policies" "the pods of image $image did not start"
    return 1
  fi
  address=$("$kubectl" get pod -n "$space" server -o 'jsonpath={.status.podIP}' </dev/null 2>/dev/null)
  case $address in *:*) address="[$address]" ;; esac
  tries=0
  while [ "$tries" -lt 5 ]; do
    request temporary GET "http://$address:8080/" "$patience"
    [ "$outcome" = blocked ] || break
    sleep 1
    tries=$((tries + 1))
  done
  if [ "$outcome" != answer ]; then
    say inconclusive enforcement "$policies" "one pod does not reach the other without any policy either${why:+: $why}"
    return 1
  fi
  closed >"$notes/objects"
  if ! "$kubectl" create -f "$notes/objects" >/dev/null 2>"$notes/errors" </dev/null; then
    say inconclusive enforcement "$policies" "a policy could not be made: $(said_by "$notes/errors")"
    return 0
  fi
  tries=0
  while [ "$outcome" = answer ] && [ "$tries" -lt 20 ]; do
    sleep 1
    request temporary GET "http://$address:8080/" "$patience"
    tries=$((tries + 1))
  done
  case $outcome in
    blocked) say shown enforcement "$policies" "a pod that was reached is not any more once a policy forbids it" ;;
    answer) say refuted enforcement "$policies" "a pod that a policy closes is still reached: nothing enforces them, and nothing here holds" ;;
    *) say inconclusive enforcement "$policies" "$why" ;;
  esac
  return 0
}
