#!/bin/sh
# Asks a running cluster whether it does what the links say: sh verify.sh [OPTIONS] [TABLE]. The table, links.tsv beside
# this script, is written by kgen; this text is the same everywhere.
#
#   -j          in the cluster, as a Job that runs nothing in agents' pods: only what it sees itself
#   -n          send no message to agents (no cost, no effect): then no call can be shown to be answered
#   -i IMAGE    make two pods of this image (a shell with curl, python3 or wget) in a namespace of their own, to show that
#               network policies are enforced at all, and to call every agent as a stranger; they are removed at the end
#   -d          with -i: lend it, as an ephemeral container, to agents' pods that have no program for requests. The
#               container is ended; its entry stays in the pod until the pod is replaced
#   -t SECONDS  how long to wait for what should be refused (5)
#   -a SECONDS  how long to wait for an agent's answer (120)
#   -w SECONDS  how long to wait until agents are accepted and available (300)
#   -b SECONDS  how long all of it may take (1800)
#
# Exits with 0: everything was shown; 1: something was refuted; 2: it could not run, or not clean up; 3: nothing was
# refuted, and something is inconclusive. As a Job (-j) 3 is 0: a Job sees only a part. KUBECTL names another kubectl; its
# usual environment (KUBECONFIG) counts. A call that fails shows a refusal only where the one who made it reached
# something else, and the one who was called was there.
#
# shellcheck disable=SC2034  # variables that the other files read
set -uf
LC_ALL=C
export LC_ALL

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
kubectl=${KUBECTL:-kubectl}
job='' messages=yes image='' lend='' patience=5 answer_time=120 wait_time=300 budget=1800
tab=$(printf '\t')

stop() { # MESSAGE: it can not run
  echo "verify.sh: $1" >&2
  exit 2
}

number() { # VALUE OPTION
  case $1 in '' | *[!0-9]* | ??????*) stop "$2 takes a number of seconds" ;; esac
}

while getopts jni:dt:a:w:b: option; do
  case $option in
    j) job=yes ;;
    n) messages='' ;;
    i) image=$OPTARG ;;
    d) lend=yes ;;
    t) number "$OPTARG" -t && patience=$OPTARG ;;
    a) number "$OPTARG" -a && answer_time=$OPTARG ;;
    w) number "$OPTARG" -w && wait_time=$OPTARG ;;
    b) number "$OPTARG" -b && budget=$OPTARG ;;
    *) stop "there is no such option; the head of this script has them" ;;
  esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || stop "there is one table"
table=${1:-$here/links.tsv}
case $image in -* | *[!A-Za-z0-9._/:@-]*) stop "-i takes the name of an image" ;; esac
[ -z "$lend" ] || [ -n "$image" ] || stop "-d needs -i"
[ -z "$job" ] || [ -z "$image" ] || stop "-j makes nothing: leave out -i"

# --- the table, whole or not at all ----------------------------------------------------------------------------------
[ -r "$table" ] || stop "$table can not be read: kgen verify-files writes it"
awk -F "$tab" '
  BEGIN {
    name = "[a-z0-9][a-z0-9.-]*"; place = "^" name "/" name "$"; url = "^https?://[A-Za-z0-9.:-]+(/[!-~]*)?$"
    split("control link undeclared stranger token guard egress", words, " ")
    for (i in words) known[words[i]] = 1
  }
  /^#/ { next }
  ended || NF != 5 { bad = 1; next }
  $1 == "table" {
    if (heads++ || rows || $2 != 1 || $4 !~ /^(none|Sidecar|Ambient)$/ || $5 !~ /^(enforced|idle)$/) bad = 1
    next
  }
  $1 == "end" { ended = 1; if ($2 != rows) bad = 1; next }
  { rows++ }
  !heads { bad = 1 }
  $1 == "agent" {
    if ($2 !~ place || $3 !~ /^[a-z]+\.[a-z.]+$/ || $4 !~ /^[A-Za-z0-9.\/=,_-]+$/ || $5 !~ /^(enforced|observed)$/) bad = 1
    next
  }
  !($1 in known) || ($2 != "-" && $2 !~ place) || $3 !~ place || ($4 != "-" && $4 !~ url) || $5 !~ /^(-|token)$/ { bad = 1 }
  END { exit (bad || !ended || !rows) }
' "$table" || stop "$table is not as kgen writes it, or not whole; nothing was done"
mode=$(awk -F "$tab" '$1 == "table" { print $4 }' "$table") # of the mesh: none, Sidecar or Ambient
mesh=$(awk -F "$tab" '$1 == "table" { print $5 }' "$table") # enforced, where kgen's policies of the mesh are there

# --- what is made is taken away again, however this ends -------------------------------------------------------------
notes='' space='' lent=''
run=$(date +%s)-$$

# shellcheck disable=SC2329  # by the trap below
cleanup() {
  code=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [ -n "$lent" ]; then
    while read -r namespace pod; do
      "$kubectl" exec -n "$namespace" "$pod" -c "kgen-verify-$run" -- sh -c 'kill -TERM 1' </dev/null >/dev/null 2>&1 ||
        echo "verify.sh: container kgen-verify-$run of pod $namespace/$pod could not be ended; it ends by itself" >&2
    done <"$lent"
  fi
  if [ -n "$space" ] && ! "$kubectl" delete namespace "$space" --ignore-not-found --wait=false </dev/null >/dev/null 2>&1; then
    echo "verify.sh: namespace $space could not be removed: kubectl delete namespace $space" >&2
    [ "$code" = 1 ] || code=2
  fi
  [ -z "$notes" ] || rm -rf "$notes"
  exit "$code"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

notes=$(mktemp -d "${TMPDIR:-/tmp}/kgen-verify.XXXXXX") || stop "no folder for notes can be made in ${TMPDIR:-/tmp}"
mkdir "$notes/works" "$notes/alive" "$notes/source" || stop "no notes can be made in $notes"
: >"$notes/results"

note() { echo "$notes/$1/$(echo "$2" | tr / _)"; }
mark() { : >"$(note "$1" "$2")"; }
marked() { [ -e "$(note "$1" "$2")" ]; }
# What a program of the cluster said goes to a terminal: printable, and not too much of it
said_by() { head -n 1 "$1" | tr -cd '\040-\176' | cut -c 1-200; }

say() { # VERDICT CHECK WHO WHY
  printf '%-13s %-11s %s: %s\n' "$1" "$2" "$3" "$(printf '%s' "$4" | tr -cd '\040-\176' | cut -c 1-500)"
  echo "$1" >>"$notes/results"
}

started=$(date +%s)
deadline=$((started + wait_time))
late() { [ $(($(date +%s) - started)) -ge "$budget" ]; }

# shellcheck source=bases/verify/requests.sh
. "$here/requests.sh"
# shellcheck source=bases/verify/checks.sh
. "$here/checks.sh"
# shellcheck source=bases/verify/enforcement.sh
. "$here/enforcement.sh"

each() { # CHECK: its rows, one after the other
  while IFS=$tab read -r check from to url how <&3; do
    [ "$check" = "$1" ] || continue
    if late; then
      say inconclusive "$check" "$from -> $to" "the time was up (-b $budget)"
      continue
    fi
    case $check in
      agent) check_agent "$from" "$to" ;;
      control) request "$from" GET "$url" "$patience" ;; # whether it reaches anything at all; no verdict by itself
      link) check_link "$from" "$to" "$url" "$how" ;;
      undeclared) check_refused undeclared "$from" "$to" "$url" ;;
      stranger) check_refused stranger "$stranger" "$to" "$url" ;;
      token) check_token "$from" "$to" "$url" ;;
      guard) check_guard "$from" "$to" "$url" ;;
      egress) check_egress "$from" "$to" "$url" ;;
    esac
  done 3<"$table"
}

skipped() { # CHECK REASON: one line for all of a kind
  count=$(awk -F "$tab" -v check="$1" '$1 == check { n++ } END { print n + 0 }' "$table")
  [ "$count" = 0 ] || say inconclusive "$1" "all $count of them" "$2"
}

"$kubectl" get --raw /version >/dev/null 2>"$notes/errors" </dev/null ||
  stop "the API server does not answer: $(said_by "$notes/errors")"
each agent
policies='network policies'
if [ -n "$job" ]; then
  for check in link undeclared token guard egress; do
    skipped "$check" "only a program in the agents' own pods can tell, and this Job may run none there"
  done
  stranger=here
  request here GET https://kubernetes.default.svc/version "$patience"
  each stranger
else
  for check in control link undeclared token guard egress; do each "$check"; done
  if [ -z "$image" ]; then
    skipped stranger "it takes a pod that is no agent: -i IMAGE makes one"
  elif check_enforcement; then
    stranger=temporary
    each stranger
  else
    skipped stranger "the pods of image $image can not show it"
  fi
fi
if [ -z "$image" ] && [ -e "$notes/enforced" ]; then
  say shown enforcement "$policies" "calls are refused that nothing but a policy refuses"
elif [ -z "$image" ]; then
  say inconclusive enforcement "$policies" "nothing here tells them from a mesh, or from a network that is down; -i IMAGE does"
fi

counted() { grep -c "^$1\$" "$notes/results"; }
refuted=$(counted refuted) unsure=$(counted inconclusive)
echo "$(counted shown) shown, $refuted refuted, $unsure inconclusive"
[ "$refuted" = 0 ] || exit 1
[ "$unsure" = 0 ] || [ -n "$job" ] || exit 3
exit 0
