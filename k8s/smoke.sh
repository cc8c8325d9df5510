#!/usr/bin/env bash
# Asks a running system for one action and for its trail: TECHNO_API_KEY=sk_… k8s/smoke.sh https://api.example.org
# The key's role must be allowed `echo` in the context `default`.
set -euo pipefail
url=${1:?base URL} key=${TECHNO_API_KEY:?of a role that may echo}
fail() {
  echo "SMOKE_FAILED: $*" >&2
  exit 1
}
# The key is read from a file that is none, so that no process list shows it.
ask() { curl --silent --show-error --max-time 20 --retry 5 --retry-connrefused -H @<(printf 'X-API-KEY: %s' "$key") "$@"; }

curl --silent --fail --max-time 10 --retry 5 --retry-connrefused -o /dev/null "$url/openapi.json" || fail 'the gateway does not answer'
token="smoke-$(date +%s)-$RANDOM"
answer=$(ask -H 'Content-Type: application/json' -d "{\"action\":\"echo\",\"context_id\":\"default\",\"payload\":{\"token\":\"$token\"}}" "$url/v1/process")
[[ $(jq -r '.status' <<<"$answer") == COMPLETED ]] || fail "echo was not executed: $answer"
[[ $(jq -r '.result.token' <<<"$answer") == "$token" ]] || fail "echo gave something else back: $answer"

# The record follows within a moment.
trace=$(jq -r '.trace_id' <<<"$answer")
for _ in {1..40}; do
  trail=$(ask "$url/v1/actions/$trace/audit")
  if [[ $(jq -r '.verified and ([.rows[].events[]?.event] | index("ACTION_EXECUTED") != null)' <<<"$trail" 2>/dev/null) == true ]]; then
    echo "$trace: executed and on the audit trail"
    exit 0
  fi
  sleep 0.5
done
fail "the trail of $trace is not whole: $trail"
