#!/usr/bin/env bash
# Brings a rendered overlay into its cluster: k8s/deploy.sh techno-staging rendered.yaml [smoke test…]
# What everything stands on, then the schema and the streams, then the services, then the smoke test. Where a service does not
# become ready, or the smoke test fails, the services go back to what they were; the schema, which only adds, stays.
# With E, or what fails inside a function would end the script without going back.
set -Eeuo pipefail
namespace=${1:?namespace} rendered=${2:?rendered manifest}
shift 2
services='gateway,gate-engine,executor,auditor,notifier,dlq-replayer,scheduler'
jobs='migrate,streams'
kube() { kubectl --namespace "$namespace" "$@"; }
names() { tr ',' '\n' <<<"$services"; }

# Which revision each one has now; none at the first time.
before=$(names | while read -r name; do
  echo "$name $(kube get deployment "$name" --ignore-not-found -o jsonpath='{.metadata.annotations.deployment\.kubernetes\.io/revision}')"
done)

back() {
  trap - ERR
  echo "DEPLOY_FAILED: going back" >&2
  while read -r name revision; do
    [[ -z $revision ]] || kube rollout undo "deployment/$name" --to-revision="$revision" || true
  done <<<"$before"
  while read -r name revision; do
    [[ -z $revision ]] || kube rollout status "deployment/$name" --timeout=5m || true
  done <<<"$before"
  exit 1
}

kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply -f -
kubectl apply -f "$rendered" -l "app.kubernetes.io/name notin ($services,$jobs)"
kube wait --for=condition=Ready externalsecret --all --timeout=2m
kube rollout status statefulset/nats --timeout=10m
kube wait --for=condition=Ready cluster/postgres --timeout=15m

for job in ${jobs//,/ }; do kube delete job "$job" --ignore-not-found; done
kubectl apply -f "$rendered" -l "app.kubernetes.io/name in ($jobs)"
for job in ${jobs//,/ }; do kube wait --for=condition=Complete "job/$job" --timeout=10m; done

trap back ERR
kubectl apply -f "$rendered" -l "app.kubernetes.io/name in ($services)"
for name in ${services//,/ }; do kube rollout status "deployment/$name" --timeout=5m; done
if (($# > 0)); then "$@"; fi
