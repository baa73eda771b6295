# shellcheck shell=bash disable=SC2016 # the formats are dpkg's own
# Sourced by ./dev and peers.sh: installs Debian packages, asking apt only when one is missing.

# The package names in the list files given; `#` starts a comment.
packages_in() {
  sed -e "s/[[:space:]]*#.*//" -e "/^[[:space:]]*\$/d" "$@"
}

# Those of the packages named on stdin that are not installed. Reads dpkg's own status file and so
# costs one process and needs no network.
missing_packages() {
  local wanted installed
  wanted=$(sort -u)
  installed=$(printf '%s\n' "$wanted" |
    xargs dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null |
    sed -n 's/^installed //p' | sort -u) || true
  comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    echo "./dev: needs root for: $*" >&2
    echo "./dev: run ./dev once as root, or install sudo" >&2
    return 1
  fi
}

# Installs what the list files name and the system lacks.
install_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "./dev: no apt here; Sekisho is built on Debian 12. Needed packages: $*" >&2
    return 1
  fi
  missing=$(packages_in "$@" | missing_packages)
  [ -n "$missing" ] || return 0
  echo "./dev: installing: ${missing//$'\n'/ }" >&2
  # Lists a day old still name files that the mirror has; older or absent ones may not.
  if [ -z "$(find /var/lib/apt/lists -name '*_Packages*' -mtime -1 -print -quit 2>/dev/null)" ]; then
    as_root apt-get -q update >&2
  fi
  # shellcheck disable=SC2086 # one word a package
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q install -y --no-install-recommends $missing >&2
}
