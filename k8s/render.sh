#!/usr/bin/env bash
# Prints what an overlay amounts to: [IMAGE=ghcr.io/…@sha256:…] k8s/render.sh staging > rendered.yaml
# Refuses while a host, a registry or an image is still nobody's.
set -euo pipefail
overlay="$(dirname "${BASH_SOURCE[0]}")/overlays/${1:?staging, production or production-keda}"
rendered=$(kubectl kustomize "$overlay")
if [[ -n ${IMAGE:-} ]]; then
  rendered=$(sed -E "s#^( *image: )[^ ]*/techno-os[:@].*#\1$IMAGE#" <<<"$rendered")
fi
if grep -nE '\.invalid\b|image: techno-os$' <<<"$rendered" >&2; then
  echo "PLACE_UNSET: set hosts, stores and image in $overlay first (docs/DEPLOY.md)" >&2
  exit 1
fi
printf '%s\n' "$rendered"
