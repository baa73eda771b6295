#!/usr/bin/env bash
# Makes a CA and certificates for trying Sekisho on one machine. Not for production: the CA's key
# lies beside what it signed.
#
#   certificates.sh FOLDER agent|EXPORTER...    FOLDER/ca.pem, FOLDER/NAME.{pem,key}
#
# What is there already stays.
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
umask 077

make_key() {
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ||
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null
}

if [ ! -e "$folder/ca.pem" ]; then
  make_key "$folder/ca.key"
  openssl req -x509 -new -key "$folder/ca.key" -days 825 -subj "/CN=Sekisho trial CA" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -out "$folder/ca.pem"
fi

for name in "$@"; do
  [ -e "$folder/$name.pem" ] && continue
  make_key "$folder/$name.key"
  if [ "$name" = agent ]; then
    names="DNS:localhost,IP:127.0.0.1"
    usage=serverAuth
  else
    names="DNS:$name.exporters.sekisho"
    usage=clientAuth
  fi
  openssl req -new -key "$folder/$name.key" -subj "/CN=$name" |
    openssl x509 -req -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 397 \
      -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$names" "$usage") \
      -out "$folder/$name.pem" 2>/dev/null
done
