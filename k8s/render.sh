#!/usr/bin/env bash
# Prints what an overlay amounts to: k8s/render.sh staging > rendered.yaml
# Refuses while a host, a registry or an image is still nobody's.
set -euo pipefail
overlay="$(dirname "${BASH_SOURCE[0]}")/overlays/${1:?staging or production}"
rendered=$(kubectl kustomize "$overlay")
if grep -nE '\.invalid\b|image: techno-os$' <<<"$rendered" >&2; then
  echo "PLACE_UNSET: set hosts and image in $overlay first (docs/DEPLOY.md)" >&2
  exit 1
fi
printf '%s\n' "$rendered"
