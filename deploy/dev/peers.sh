#!/usr/bin/env bash
# Unpacks the programs that the tests publish to (BIND, Unbound, Squid, nft ...) into .peers/, so that no
# service starts on the host and /etc stays as it is.
#
#   .peers/root          the packages' files
#   .peers/bin/NAME      starts a program with the libraries of .peers/root
#   .peers/env           SEKISHO_NAMED=... and so on, for shells and for tests
#   .peers/versions.txt  package and version, a line each
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/dev/packages.sh
. deploy/dev/packages.sh

list=deploy/dev/packages-peers.txt
mkdir -p .peers
exec 9>.peers/.lock
flock 9

# Unpacking happens once for each content of the list and of this script, and for each place,
# since env holds absolute paths.
stamp=$({ cat "$list" "$0"; dpkg --print-architecture; pwd; } | sha256sum | cut -d' ' -f1)
if [ "$(cat .peers/stamp 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi

# Packages to unpack: the programs, and each library that apt would have to install for them.
packages() {
  packages_in "$list"
  # shellcheck disable=SC2046 # one word a package
  apt-get -s -q install --no-install-recommends $(packages_in "$list") |
    sed -n 's/^Inst \([^ ]*\) .*/\1/p' | sed 's/:.*//' |
    # Perl is for Squid helpers which we don't use; a libc other than the loader's own crashes.
    grep '^lib' | grep -v -e '^libperl' -e '-perl$' -e '^libc6' -e '^libc-' || true
}

if [ -z "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit 2>/dev/null)" ]; then
  as_root apt-get -q update >&2
fi

rm -rf .peers/root.new .peers/download
mkdir -p .peers/root.new .peers/download .peers/bin
echo "./dev: unpacking BIND, Unbound, PowerDNS, Knot, Squid, HAProxy, nginx, CrowdSec, nftables, ipset and iprange into .peers/" >&2
wanted=$(packages | sort -u)
(
  cd .peers/download
  # As root, apt would fetch as user _apt, who may not write here.
  options=(-q -o APT::Sandbox::User=root)
  # shellcheck disable=SC2086 # one word a package
  apt-get "${options[@]}" download $wanted >&2 || {
    # The lists were older than the mirror.
    as_root apt-get -q update >&2
    apt-get "${options[@]}" download $wanted >&2
  }
)
for deb in .peers/download/*.deb; do
  dpkg -x "$deb" .peers/root.new
  # shellcheck disable=SC2016 # the format is dpkg's own
  dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"
done > .peers/versions.txt
rm -rf .peers/download .peers/root
mv .peers/root.new .peers/root

# wrap NAME PATH: .peers/bin/NAME, which runs PATH of .peers/root.
wrap() {
  [ -x ".peers/root$2" ] || { echo "peers.sh: the packages hold no $2" >&2; return 1; }
  cat > ".peers/bin/$1" <<WRAPPER
#!/bin/sh
root=\$(CDPATH='' cd -- "\${0%/*}/../root" && pwd) || exit 127
for lib in "\$root"/usr/lib/*-linux-gnu* "\$root"/lib/*-linux-gnu*; do
  LD_LIBRARY_PATH="\$lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
exec "\$root$2" "\$@"
WRAPPER
  chmod +x ".peers/bin/$1"
  echo "SEKISHO_$(echo "$1" | tr 'a-z-' 'A-Z_')=$PWD/.peers/bin/$1" >> .peers/env.new
}

: > .peers/env.new
wrap named /usr/sbin/named
wrap named-checkconf /usr/bin/named-checkconf
wrap named-checkzone /usr/bin/named-checkzone
wrap rndc /usr/sbin/rndc
wrap tsig-keygen /usr/sbin/tsig-keygen
wrap dig /usr/bin/dig
wrap nsupdate /usr/bin/nsupdate
wrap unbound /usr/sbin/unbound
wrap unbound-checkconf /usr/sbin/unbound-checkconf
wrap pdns_recursor /usr/sbin/pdns_recursor
wrap knotd /usr/sbin/knotd
wrap knotc /usr/sbin/knotc
wrap kzonecheck /usr/bin/kzonecheck
wrap dnsmasq /usr/sbin/dnsmasq
wrap squid /usr/sbin/squid
wrap nft /usr/sbin/nft
wrap haproxy /usr/sbin/haproxy
wrap nginx /usr/sbin/nginx
wrap crowdsec /usr/bin/crowdsec
wrap cscli /usr/bin/cscli
wrap crowdsec-custom-bouncer /usr/bin/crowdsec-custom-bouncer
wrap crowdsec-firewall-bouncer /usr/bin/crowdsec-firewall-bouncer
wrap ipset /usr/sbin/ipset
wrap iptables /usr/sbin/iptables-nft
wrap ip6tables /usr/sbin/ip6tables-nft
# shellcheck disable=SC2016 # the wrapper's variables
sed -i '/^exec/i for lib in "$root"/usr/lib/*-linux-gnu*; do export XTABLES_LIBDIR="$lib/xtables"; done' \
  .peers/bin/iptables .peers/bin/ip6tables
wrap minisign /usr/bin/minisign
wrap iprange /usr/bin/iprange
wrap ip /bin/ip
# kresd has paths compiled in, and no option for them: they become paths below its working
# directory, of the same length ("./////dns"), and the wrapper goes there.
mkdir -p .peers/kresd
ln -sfn ../root/usr/share/dns .peers/kresd/dns
ln -sfn "$(cd .peers && find ../.peers/root/usr/lib -name knot-resolver -printf '../root/usr/lib/%P')" \
  .peers/kresd/knot-resolver
perl -pi -e 's{/usr/(?:lib/[\w-]+|share)/(knot-resolver|dns)(?=[/\0])}
              {"." . "/" x (length($&) - length($1) - 1) . $1}gex' \
  .peers/root/usr/sbin/kresd .peers/kresd/knot-resolver/sandbox.lua
wrap kresd /usr/sbin/kresd
# Lua's own search path is compiled in, too.
# shellcheck disable=SC2016 # the wrapper's variables
sed -i '/^exec/i cd "$root/../kresd" || exit 127\
export LUA_PATH="$root/usr/share/lua/5.1/?.lua;;"\
for lib in "$root"/usr/lib/*-linux-gnu*; do export LUA_CPATH="$lib/lua/5.1/?.so;;"; done' .peers/bin/kresd
# Squid has these paths compiled in; each test configuration includes this file.
cat > .peers/squid_paths.conf <<PATHS
mime_table $PWD/.peers/root/usr/share/squid/mime.conf
icon_directory $PWD/.peers/root/usr/share/squid/icons
error_directory $PWD/.peers/root/usr/share/squid/errors/English
err_page_stylesheet none
unlinkd_program $PWD/.peers/root/usr/lib/squid/unlinkd
logfile_daemon $PWD/.peers/root/usr/lib/squid/log_file_daemon
pinger_program $PWD/.peers/root/usr/lib/squid/pinger
pinger_enable off
netdb_filename none
PATHS
echo "SEKISHO_SQUID_PATHS=$PWD/.peers/squid_paths.conf" >> .peers/env.new
mv .peers/env.new .peers/env
echo "$stamp" > .peers/stamp
