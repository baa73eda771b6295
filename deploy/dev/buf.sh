#!/usr/bin/env bash
# Lints the .proto files, and finds what would break those who speak an older version of them: that
# of the commit given; else of HEAD where they differ from it, of the one before where not. Its
# tool comes from npm's registry by the committed lock file, once.
#
#   buf.sh [COMMIT]        exits with 77, skipped, where the tool can't be had; in CI with 1
set -euo pipefail
cd "$(dirname "$0")/../../proto"

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  if ! npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then
    echo "buf.sh: could not install buf, so the wire contract is not checked" >&2
    [ -z "${CI:-}" ] && exit 77
    exit 1
  fi
  touch "$installed"
fi
buf=node_modules/.bin/buf
"$buf" lint

against=${1:-}
if [ -z "$against" ]; then
  against=HEAD
  if git diff --quiet HEAD -- sekisho 2>/dev/null; then against=HEAD^; fi
fi
if commit=$(git rev-parse -q --verify "$against^{commit}" 2>/dev/null); then
  "$buf" breaking --against "$(git rev-parse --path-format=absolute --git-common-dir)#ref=$commit,subdir=proto"
fi
