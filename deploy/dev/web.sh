#!/usr/bin/env bash
# Builds the web page into build/web, if something of it changed. Its packages come from npm's
# registry by the committed lock file, once.
set -euo pipefail
cd "$(dirname "$0")/../../agent/web"
out=../../build/web

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  # Nothing that a package brings runs at installation.
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  touch "$installed"
fi
if [ -e "$out/index.html" ] &&
  [ -z "$(find . ../../proto/sekisho ../../deploy/dev/web.sh -name node_modules -prune -o \
    -name .gen -prune -o -type f -newer "$out/index.html" -print -quit)" ]; then
  exit 0
fi
npm run --silent build
