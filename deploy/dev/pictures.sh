#!/usr/bin/env bash
# Takes the guide's pictures anew from the screenshots of the page's tests. First run those on the
# sample alone, since nobody's real feed belongs in a guide:
#   SEKISHO_REAL_DATA=/nonexistent ./dev test -R PageTest
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p docs/guide/pictures
while read -r screenshot picture; do
  cp "build/screenshots/$screenshot-1440-light.png" "docs/guide/pictures/$picture.png"
done <<'PICTURES'
evidence-en queue-en
queue-ja queue-ja
PICTURES
