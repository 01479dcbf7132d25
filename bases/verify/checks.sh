#!/bin/sh
# What is asked of each row of the table, and what its answer shows. Part of verify.sh, which has the variables.
# shellcheck disable=SC2154,SC2034

condition() { # NAMESPACE KIND NAME TYPE: generation, observed, state and message of one condition
  generation='' observed='' state='' message=''
  "$kubectl" get "$2" "$3" -n "$1" -o "jsonpath={.metadata.generation}|{.status.observedGeneration}|{.status.conditions[?(@.type==\"$4\")].status}|{.status.conditions[?(@.type==\"$4\")].message}" \
    </dev/null >"$notes/seen" 2>"$notes/errors" || return 1
  IFS='|' read -r generation observed state message <<END
$(tr '\n' ' ' <"$notes/seen")
END
  message=${message% }
}

unread() { # KIND NAME: why an object could not be read
  if grep -q Forbidden "$notes/errors"; then forbidden=yes; fi
  why="$1 $2: $(said_by "$notes/errors")"
}

holds() { # NAMESPACE KIND NAME TYPE: the condition is true, of what is there now; else why
  condition "$@" || { unread "$2" "$3"; return 1; }
  [ "$state" != True ] || [ "$generation" != "$observed" ] || return 0
  if [ -z "$state" ]; then why="$2 $3 has no condition $4: nothing reconciles it, or not yet"
  elif [ "$generation" != "$observed" ]; then why="$2 $3: its status is about an earlier generation"
  else why="$2 $3 is not $4: $message"; fi
  return 1
}

settled() { # AGENT KIND: accepted, then its pods available
  case $2 in
    agents.kagent.dev)
      holds "${1%/*}" "$2" "${1#*/}" Accepted && holds "${1%/*}" deployments.apps "${1#*/}" Available
      ;;
    statefulsets.apps)
      ready=$("$kubectl" get "$2" "${1#*/}" -n "${1%/*}" -o 'jsonpath={.metadata.generation}|{.status.observedGeneration}|{.status.readyReplicas}' </dev/null 2>"$notes/errors") ||
        { unread "$2" "${1#*/}"; return 1; }
      case $ready in "${ready%%|*}|${ready%%|*}|"[1-9]*) ;; *) why="$2 ${1#*/} has no ready pod"; return 1 ;; esac
      ;;
    *) holds "${1%/*}" "$2" "${1#*/}" Available ;;
  esac
}

check_agent() { # AGENT KIND
  forbidden='' why=''
  until settled "$1" "$2"; do
    if [ -n "$forbidden" ]; then
      say inconclusive agent "$1" "$why"
      return
    fi
    if [ "$(date +%s)" -ge "$deadline" ]; then
      case $why in
        *'is not Accepted'*) why="$why (kagent does not try again by itself: change a label of the Agent)" ;;
        *'deployments.apps'*)
          # a pod that Pod Security or a quota refuses is told here, and nowhere else
          if condition "${1%/*}" deployments.apps "${1#*/}" ReplicaFailure && [ "$state" = True ]; then why="$why; $message"; fi
          ;;
      esac
      say refuted agent "$1" "$why"
      return
    fi
    sleep 2
  done
  mark alive "$1"
  say shown agent "$1" "accepted, and its pods are available"
}

check_link() { # CALLER CALLEE URL HOW
  if [ "$4" = token ]; then
    say inconclusive link "$1 -> $2" "it needs a token, which this script does not have"
    return
  fi
  method=message/send
  [ -n "$messages" ] || method=tasks/get
  rpc "$1" "$3" "$answer_time" "$method"
  case $outcome:$said in
    answer:result\ *) mark alive "$2" ;;
    answer:error\ *) mark alive "$2" ;;
  esac
  case $outcome:$said in
    answer:result\ failed | answer:result\ rejected | answer:result\ auth-required | answer:result\ canceled)
      say refuted link "$1 -> $2" "it was reached, and its task is ${said#* }: see the agent's own log"
      ;;
    answer:result\ *) say shown link "$1 -> $2" "answered (${said#* })" ;;
    answer:error\ *)
      if [ -n "$messages" ]; then
        say refuted link "$1 -> $2" "it was reached, and answered with error ${said#* } (HTTP $status)"
      else
        say inconclusive link "$1 -> $2" "it was reached; no message was sent (-n), so whether it answers is not known"
      fi
      ;;
    answer:*) say refuted link "$1 -> $2" "what answered did not answer as an A2A agent (HTTP $status)" ;;
    blocked:*) say refuted link "$1 -> $2" "it does not get through, or not in time" ;;
    unnamed:*) say refuted link "$1 -> $2" "$why" ;;
    *) say inconclusive link "$1 -> $2" "$why" ;;
  esac
}

controlled() { # WHERE CALLEE: whether a failure is a refusal; else why not
  marked works "$1" || { why="nothing else answered the one who asked, so this shows nothing"; return 1; }
  marked alive "$2" || { why="$2 was not seen to be there, so this shows nothing"; return 1; }
}

check_refused() { # CHECK WHERE CALLEE URL: nothing may answer. tasks/get, so that an open door has no effect
  who="$2 -> $3"
  case $2 in here | temporary) who="a stranger -> $3" ;; esac
  rpc "$2" "$4" "$patience" tasks/get
  case $outcome:$said:$mesh:$status in
    answer:none:enforced:40[13]) say shown "$1" "$who" "refused by the mesh (HTTP $status)" ;;
    answer:*) say refuted "$1" "$who" "it was let through (HTTP $status)" ;;
    blocked:*)
      if controlled "$2" "$3"; then
        if [ "$mode" = none ]; then : >"$notes/enforced"; fi
        say shown "$1" "$who" "refused"
      else
        say inconclusive "$1" "$who" "$why"
      fi
      ;;
    *) say inconclusive "$1" "$who" "$why" ;;
  esac
}

check_token() { # CALLER CALLEE URL
  rpc "$1" "$3" "$patience" tasks/get
  case $outcome:$said:$status in
    answer:none:40[13]) say shown token "$1 -> $2" "without a token it is refused (HTTP $status)" ;;
    answer:*) say refuted token "$1 -> $2" "it was let through without a token (HTTP $status)" ;;
    blocked:*) say inconclusive token "$1 -> $2" "it does not get through at all, so not for want of a token" ;;
    *) say inconclusive token "$1 -> $2" "$why" ;;
  esac
}

check_guard() { # AGENT CONTROLLER URL: what no agent needs of the controller
  request "$1" GET "$3" "$patience"
  case $outcome:$status in
    answer:40[13]) say shown guard "$1 -> $2" "refused (HTTP $status)" ;;
    answer:*) say refuted guard "$1 -> $2" "it was let through to what no agent needs there (HTTP $status)" ;;
    blocked:*) say inconclusive guard "$1 -> $2" "it does not reach the controller at all" ;;
    *) say inconclusive guard "$1 -> $2" "$why" ;;
  esac
}

check_egress() { # AGENT TARGET URL: something that surely answers, and that nothing asks for
  if [ "$3" = - ]; then
    say inconclusive egress "$1 -> $2" "the Platform does not say where it is: set spec.network.apiServer.cidrs"
    return
  fi
  request "$1" GET "$3" "$patience"
  case $outcome in
    answer)
      nodes=$("$kubectl" get endpointslices -n default -l kubernetes.io/service-name=kubernetes -o 'jsonpath={.items[*].endpoints[*].addresses[*]}' </dev/null 2>/dev/null)
      case " $nodes " in
        *" $node "*) say inconclusive egress "$1 -> $2" "it answered, and it is on the pod's own node, which no policy closes" ;;
        *) say refuted egress "$1 -> $2" "it answered (HTTP $status), and nothing asks for it" ;;
      esac
      ;;
    blocked)
      if marked works "$1"; then
        say shown egress "$1 -> $2" "blocked"
      else
        say inconclusive egress "$1 -> $2" "nothing else answered the one who asked, so this shows nothing"
      fi
      ;;
    *) say inconclusive egress "$1 -> $2" "$why" ;;
  esac
}
