#!/usr/bin/env bash
# Takes the guide's pictures anew from the screenshots of the page's tests: ./dev test -R PageTest
# first.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p docs/guide/pictures
while read -r screenshot picture; do
  cp "build/screenshots/$screenshot-1440-light.png" "docs/guide/pictures/$picture.png"
done <<'PICTURES'
evidence-en queue-en
bulk-en bulk-en
queue-ja queue-ja
bulk-ja bulk-ja
PICTURES
