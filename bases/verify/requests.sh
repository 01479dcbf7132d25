#!/bin/sh
# Requests, made where they are meant to come from: in an agent's own pod, in the pod of our own, or here. Part of
# verify.sh, which has the variables.
# shellcheck disable=SC2154,SC2034

# What a pod has: curl, python3 or wget. Each prints the body, a line end, and the status; its exit code says why there
# is none. They go past the proxy that an agent is told to use: what is asked is whether there is a direct road, and an
# egress gateway answers in the place of whom it does not reach. Any server is spoken to over TLS: what is asked is whether it answers, and no credential is sent.
run_in() { # WHERE COMMAND...: here, temporary (the pod of our own), or an agent, in its container
  place=$1
  shift
  case $place in
    here) "$@" </dev/null ;;
    temporary) "$kubectl" exec -n "$space" client -- "$@" </dev/null ;;
    *) "$kubectl" exec -n "${place%/*}" "$pod" -c "$container" -- "$@" </dev/null ;;
  esac
}

missing() { # CODE: whether the last command failed because there is no such program
  [ "$1" = 127 ] || [ "$1" = 126 ] || grep -qiE 'executable file not found|no such file or directory' "$notes/errors"
}

choose_client() { # WHERE: sets client, else why
  client=''
  for program in curl python3 wget; do
    run_in "$1" "$program" --help >/dev/null 2>"$notes/errors"
    code=$?
    if [ "$code" != 0 ] && missing "$code"; then continue; fi
    # what ran and failed is there; what kubectl itself could not start is told without its code
    if [ "$code" = 0 ] || [ "$1" = here ] || grep -q 'command terminated with exit code' "$notes/errors"; then
      client=$program
      return 0
    fi
    why="nothing can be run in its pod: $(said_by "$notes/errors")"
    return 1
  done
  why="its image has neither curl nor python3 nor wget"
  return 1
}

running_pod() { # NAMESPACE SELECTOR: name and node address of a pod that runs and stays
  "$kubectl" get pods -n "$1" -l "$2" --field-selector=status.phase=Running -o \
    'jsonpath={range .items[*]}{.metadata.name} {.status.hostIP} {.metadata.deletionTimestamp}{"\n"}{end}' \
    </dev/null 2>/dev/null | awk 'NF == 2 { print $1 " " $2; exit }'
}

lend_container() { # NAMESPACE POD
  "$kubectl" debug -n "$1" "$2" --image="$image" --profile=restricted --container="kgen-verify-$run" --quiet -- \
    sh -c "trap 'exit 0' TERM; sleep $budget & wait" </dev/null >/dev/null 2>"$notes/errors" || return 1
  lent=$notes/lent
  echo "$1 $2" >>"$lent"
  tries=0
  while [ "$tries" -lt 30 ]; do
    since=$("$kubectl" get pod -n "$1" "$2" -o "jsonpath={.status.ephemeralContainerStatuses[?(@.name==\"kgen-verify-$run\")].state.running.startedAt}" </dev/null 2>"$notes/errors")
    [ -z "$since" ] || return 0
    sleep 2
    tries=$((tries + 1))
  done
  echo "it did not start" >"$notes/errors"
  return 1
}

row_of() { # AGENT COLUMN
  awk -F "$tab" -v who="$1" -v column="$2" '$1 == "agent" && $2 == who { print $column; exit }' "$table"
}

find_client() { # WHERE: sets pod, container, node and client; else why
  case $1 in here | temporary) choose_client "$1"; return ;; esac
  namespace=${1%/*} selector=$(row_of "$1" 4)
  [ "$selector" != - ] || { why='its pods can not be named by labels alone'; return 1; }
  found=$(running_pod "$namespace" "$selector")
  [ -n "$found" ] || { why='no pod of it runs, or pods may not be listed'; return 1; }
  pod=${found%% *} node=${found##* }
  if [ "$(row_of "$1" 3)" = agents.kagent.dev ]; then
    container=kagent
  else
    container=$("$kubectl" get pod -n "$namespace" "$pod" -o 'jsonpath={.metadata.annotations.kubectl\.kubernetes\.io/default-container}' </dev/null 2>/dev/null)
    [ -n "$container" ] ||
      container=$("$kubectl" get pod -n "$namespace" "$pod" -o 'jsonpath={.spec.containers[0].name}' </dev/null 2>/dev/null)
  fi
  choose_client "$1" && return 0
  [ -n "$lend" ] || return 1
  lend_container "$namespace" "$pod" || { why="a container could not be lent to it: $(said_by "$notes/errors")"; return 1; }
  container=kgen-verify-$run why=''
  choose_client "$1"
}

prepare() { # WHERE: the same, found once
  pod='' container='' node='' client='' why=''
  known=$(note source "$1")
  if [ -e "$known" ]; then
    IFS='|' read -r pod container node client why <"$known"
  else
    find_client "$1"
    echo "$pod|$container|$node|$client|$why" >"$known"
  fi
  [ -n "$client" ]
}

request() { # WHERE METHOD URL SECONDS [BODY]: sets outcome (answer, blocked, unnamed, unable) and status; body in notes
  outcome=unable status=''
  prepare "$1" || return 0
  body=${5:-} asker=$1
  json='Content-Type: application/json'
  case $client in
    curl)
      set -- "$1" curl -sSk --noproxy '*' -m "$4" -X "$2" -H "$json" -H 'Accept: application/json' ${body:+-d "$body"} -w '\n%{http_code}\n' "$3"
      ;;
    python3) set -- "$1" python3 -c "$(cat "$here/ask.py")" "$2" "$3" "$4" "$body" ;;
    wget) set -- "$1" env http_proxy= https_proxy= wget -t 1 -T "$4" --no-check-certificate --header "$json" ${body:+--post-data "$body"} -O - "$3" ;;
  esac
  run_in "$@" >"$notes/reply" 2>"$notes/errors"
  code=$?
  if [ "$client" = wget ]; then
    cp "$notes/reply" "$notes/body"
    status=$(sed -nE 's/.*(HTTP\/[0-9.]+|response\.\.\.|ERROR) ([0-9]{3}).*/\2/p' "$notes/errors" | tail -n 1)
    if [ "$code" = 0 ]; then status=${status:-200}; fi
    if [ -n "$status" ]; then :
    elif grep -qiE 'bad address|unable to resolve|name or service|temporary failure in name' "$notes/errors"; then code=6
    elif grep -qiE 'timed out|refused|reset|unreachable|error getting response|no data received|closed' "$notes/errors"; then code=7
    fi
  elif [ "$code" = 0 ]; then
    status=$(tail -n 1 "$notes/reply")
    sed '$d' "$notes/reply" >"$notes/body"
  fi
  case $status:$code in
    [1-5][0-9][0-9]:*) outcome=answer ;;
    *:6) outcome=unnamed why='the name could not be resolved' ;;
    # refused, timed out, TLS, nothing, reset: curl's numbers
    *:7 | *:28 | *:35 | *:52 | *:55 | *:56) outcome=blocked ;;
    *) why="$client ended with $code: $(said_by "$notes/errors")" ;;
  esac
  # A sidecar accepts every connection, and tells by these that nobody is behind it.
  case $mode:$outcome:$status in
    none:*) ;;
    *:answer:50[234]) outcome=blocked ;;
  esac
  if [ "$outcome" = answer ]; then mark works "$asker"; fi
}

rpc() { # WHERE URL SECONDS METHOD: a request, and in said what its answer says as JSON-RPC
  said=none
  parameters='{"id":"kgen-verify-no-such-task"}'
  if [ "$4" = message/send ]; then
    text='This is a check of the connection. Use no tools and ask nobody. Answer with the one word: ok'
    parameters='{"message":{"kind":"message","role":"user","messageId":"kgen-verify-'"$run-$(date +%s)"'","parts":[{"kind":"text","text":"'"$text"'"}]}}'
  fi
  request "$1" POST "$2" "$3" '{"jsonrpc":"2.0","id":"kgen-verify-'"$run"'","method":"'"$4"'","params":'"$parameters"'}'
  if [ "$outcome" = answer ]; then said=$(awk -v id="kgen-verify-$run" -f "$here/answer.awk" "$notes/body"); fi
}
