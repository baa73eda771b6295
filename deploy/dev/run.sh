#!/usr/bin/env bash
# Starts an agent and the exporters that this machine can serve; Ctrl-C stops all of it.
#
#   run.sh                  a trial on 127.0.0.1 with sample feeds; keeps its data in .run/
#   run.sh --config FILE    only the agent, with a configuration of your own
#
# The nftables exporter is left out: it would change this machine's own firewall.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
bin=${SEKISHO_BUILD:-$top/build/release}

if [ "${1:-}" = --config ]; then
  exec "$bin/agent/sekisho-agent" --config "$2"
fi

run=$top/.run
mkdir -p "$run"
chmod 755 "$run"
children=()
# shellcheck disable=SC2317 # the traps call it
stop() {
  trap - EXIT INT TERM
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${children[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap stop EXIT
trap 'exit 130' INT TERM

start() { # LOG PROGRAM...
  local log=$1
  shift
  "$@" >>"$run/$log" 2>&1 &
  children+=("$!")
}

token() { # NAME: makes its token once, prints the SHA-256
  local file=$run/tokens/$1
  if [ ! -e "$file" ]; then
    (umask 077 && mkdir -p "$run/tokens" && openssl rand -hex 32 | tr -d '\n' >"$file")
  fi
  sha256sum <"$file" | cut -d' ' -f1
}

# "@NOW-2d@" becomes that time, so that the sample is never stale.
sample_feed() {
  local line unit
  while IFS= read -r line; do
    while [[ $line =~ @NOW-([0-9]+)([mhd])@ ]]; do
      case ${BASH_REMATCH[2]} in m) unit=minutes ;; h) unit=hours ;; d) unit=days ;; esac
      line=${line//${BASH_REMATCH[0]}/$(date -u -d "-${BASH_REMATCH[1]} $unit" '+%Y-%m-%d %H:%M:%S')}
    done
    printf '%s\n' "$line"
  done <config/sample/urlhaus.csv.in >"$run/urlhaus.csv"
}

# What clients of a proxy did in the last days: "AGE HOST CLIENTS", a request by each of so many.
sample_traffic() {
  local age host clients i
  while read -r age host clients; do
    case $age in '' | '#'*) continue ;; esac
    for ((i = 1; i <= clients; i++)); do
      printf '%s.000 %6d 10.0.0.%d TCP_TUNNEL/200 3900 CONNECT %s:443 - HIER_NONE/- -\n' \
        "$(date -d "-$age days" +%s)" 30 "$i" "$host"
    done
  done <config/sample/traffic.in >"$run/access.log"
}

has() { [ -x "$top/.peers/bin/$1" ]; }

deploy/dev/peers.sh || echo "run.sh: no BIND and Squid here; going on without them" >&2
deploy/dev/certificates.sh "$run/tls" agent lists dns proxy
sample_feed
sample_traffic

cat >"$run/agent.yaml" <<YAML
data_dir: $run/data
listen: 127.0.0.1:7443
tls: {certificate: $run/tls/agent.pem, key: $run/tls/agent.key, client_ca: $run/tls/ca.pem}
history_origin: sekisho.trial/history
documentation_is_special: false  # the sample lives in the documentation ranges
policy: {version: "1", confidence_min: 50}
web: {listen: "127.0.0.1:8080"$([ ! -e build/web/index.html ] || echo ", root: $top/build/web")}
lists:
  - {name: dns, kinds: [domain]}
  - {name: proxy, kinds: [domain, ip, url]}
  - {name: all, kinds: [domain, ip, url]}
devices:
  - {name: lists, list: all, identity: lists.exporters.sekisho}
  - {name: dns, list: dns, identity: dns.exporters.sekisho}
  - {name: proxy, list: proxy, identity: proxy.exporters.sekisho}
feeds:
  - {name: urlhaus, url: "file://$run/urlhaus.csv", allow_file: true, format: urlhaus-csv, reliability: 90}
  - {name: community, url: "file://$top/config/sample/community.txt", allow_file: true, format: plain, reliability: 40}
traffic:
  logs:
    - {name: sample-proxy, format: squid-access-log, file: "$run/access.log"}
allowlists:
YAML
for list in hosting:hosting:url-only cdn:cdn:url-only proxy:proxy:url-only \
  legitimate-service:legitimate-service:url-only public-dns:legitimate-service:never; do
  IFS=: read -r name category effect <<<"$list"
  echo "  - {name: $name, url: \"file://$top/config/allowlist/$name.txt\", allow_file: true," \
    "format: plain, category: $category, effect: $effect}" >>"$run/agent.yaml"
done
cat >>"$run/agent.yaml" <<YAML
access:
  tokens:
    - {name: alice, role: approver, sha256: $(token alice)}
    - {name: bob, role: approver, sha256: $(token bob)}
    - {name: carol, role: admin, sha256: $(token carol)}
    - {name: audit, role: auditor, sha256: $(token audit)}
YAML

exporter() { # NAME EXPORTER <settings: its configuration and its process
  {
    printf 'agent: {address: "127.0.0.1:7443", ca: %s, certificate: %s, key: %s, list_key: %s}\n' \
      "$run/tls/ca.pem" "$run/tls/$1.pem" "$run/tls/$1.key" "$run/data/list.pub"
    printf 'state_dir: %s\ndevices:\n  - name: %s\n    exporter: %s\n    settings:\n' \
      "$run/exporter-$1" "$1" "$2"
    sed 's/^/      /'
  } >"$run/exporter-$1.yaml"
  start "exporter-$1.log" "$bin/exporters/sekisho-exporter" --config "$run/exporter-$1.yaml"
}

wait_for() { # FILE
  for _ in $(seq 100); do
    [ -e "$1" ] && return 0
    sleep 0.1
  done
  echo "run.sh: $1 did not appear; look at the logs in $run" >&2
  exit 1
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

for port in 7443 8080 8443 5300 3128; do
  if port_answers "$port"; then
    echo "run.sh: port $port of 127.0.0.1 is taken; stop what listens there and start again" >&2
    exit 1
  fi
done

start agent.log "$bin/agent/sekisho-agent" --config "$run/agent.yaml"
for _ in $(seq 300); do
  port_answers 7443 && break
  kill -0 "${children[0]}" 2>/dev/null || { tail -5 "$run/agent.log" >&2; exit 1; }
  sleep 0.1
done
wait_for "$run/data/list.pub"

exporter lists http_list <<YAML
address: 127.0.0.1
port: 8443
tls: {certificate: $run/tls/agent.pem, key: $run/tls/agent.key}
lists:
  - {path: domains.txt, kinds: [domain]}
  - {path: ips.txt, kinds: [ip]}
  - {path: urls.txt, kinds: [url]}
anonymous: true
YAML

if has named; then
  mkdir -p "$run/named"
  if [ ! -e "$run/named/sekisho.key" ]; then
    "$top/.peers/bin/tsig-keygen" -a hmac-sha256 sekisho >"$run/named/sekisho.key"
    echo "\$TTL 60
@ SOA localhost. hostmaster.localhost. 1 60 30 3024000 60
@ NS localhost." >"$run/named/rpz.sekisho.zone"
  fi
  # Names of the sample answer here until they are blocked.
  echo "\$TTL 60
@ SOA localhost. hostmaster.localhost. 1 60 30 60 60
@ NS localhost.
* A 192.0.2.1" >"$run/named/example.zone"
  cat >"$run/named/named.conf" <<CONF
include "$run/named/sekisho.key";
controls { inet 127.0.0.1 port 9953 allow { 127.0.0.1; } keys { sekisho; }; };
options {
  directory "$run/named"; pid-file none; session-keyfile none;
  listen-on port 5300 { 127.0.0.1; }; listen-on-v6 { none; };
  recursion yes; allow-query { 127.0.0.1; }; notify no; dnssec-validation no;
  response-policy { zone "rpz.sekisho"; } min-update-interval 0 qname-wait-recurse no;
};
zone "example" { type primary; file "example.zone"; };
zone "rpz.sekisho" {
  type primary; file "rpz.sekisho.zone"; update-policy { grant sekisho zonesub ANY; };
};
CONF
  start named.log "$top/.peers/bin/named" -f -n 2 -c "$run/named/named.conf"
  exporter dns rpz <<YAML
zone: rpz.sekisho
zone_file: $run/named/rpz.sekisho.zone
tsig_key_file: $run/named/sekisho.key
primary: 127.0.0.1:5300
resolvers: [127.0.0.1:5300]
named_checkzone: $top/.peers/bin/named-checkzone
rndc: {program: $top/.peers/bin/rndc, address: "127.0.0.1:9953"}
YAML
fi

if has squid; then
  # Squid gives up root for a user of its own, which has to read and write here.
  mkdir -p "$run/squid/cache" "$run/squid/lists"
  chmod 777 "$run/squid" "$run/squid/cache"
  squid_paths=$(sed -n 's/^SEKISHO_SQUID_PATHS=//p' .peers/env)
  cat >"$run/squid/squid.conf" <<CONF
include $squid_paths
http_port 127.0.0.1:3128
pid_filename $run/squid/squid.pid
cache_log $run/squid/cache/cache.log
access_log none
coredump_dir $run/squid/cache
visible_hostname proxy.trial
shutdown_lifetime 0 seconds
include $run/squid/lists/current/sekisho.conf
http_access allow localhost
http_access deny all
CONF
  exporter proxy squid <<YAML
directory: $run/squid/lists
squid: $top/.peers/bin/squid
config: $run/squid/squid.conf
service_name: sekishotrial
helper: $bin/exporters/squid/sekisho-squid-acl
proxy: 127.0.0.1:3128
scratch_include: $squid_paths
YAML
  wait_for "$run/squid/lists/current/sekisho.conf"
  start squid.log "$top/.peers/bin/squid" -N -n sekishotrial -f "$run/squid/squid.conf"
fi

cat >"$run/env" <<ENV
export PATH=$bin/cli:$top/.peers/bin:\$PATH
export SEKISHO_AGENT=127.0.0.1:7443
export SEKISHO_CA=$run/tls/ca.pem
export SEKISHO_TOKEN_FILE=$run/tokens/\${SEKISHO_AS:-alice}
ENV

# Before every allowlist is there, nothing can be approved.
(
  # shellcheck source=/dev/null
  . "$run/env"
  sekisho feed refresh --wait >/dev/null
) || echo "run.sh: not every source was taken in; 'sekisho feed list' tells why" >&2

first_admin=""
if [ -e "$run/data/first-admin" ]; then
  first_admin="
In a browser: $(cat "$run/data/first-admin") makes you the first admin, once;
'sekisho account invite NAME --role approver' as carol (SEKISHO_AS=carol) brings others in.
"
fi

cat <<TEXT
Sekisho runs (data and logs in $run). In a second terminal:

  . $run/env                       # you are alice, an approver; SEKISHO_AS=bob before it: bob
  sekisho feed list
  sekisho queue list
  dig +short @127.0.0.1 -p 5300 cdn.evil.example       # 192.0.2.1: not blocked yet
  sekisho queue approve --filter 'confidence>=60' --reason 'looked at the sources'
  dig @127.0.0.1 -p 5300 cdn.evil.example              # NXDOMAIN
  curl -x 127.0.0.1:3128 http://cdn.evil.example/      # 403 by Squid
  curl --cacert $run/tls/ca.pem https://127.0.0.1:8443/lists/domains.txt
  sekisho device list
  sekisho why cdn.evil.example
  sekisho history verify --key "\$(cat $run/data/history.pub)"

$first_admin
Ctrl-C stops all of it; the next start goes on with the same data.
TEXT
wait -n "${children[@]}" || true
echo "run.sh: a part ended; look at the logs in $run" >&2
exit 1
