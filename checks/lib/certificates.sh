# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only

# certificates FOLDER: an authority, a server (ap.besser) and a client, made
# now; none is kept. With RSA, which iwd has the kernel do.
certificates() {
  local name usage
  mkdir -p "$1"
  (
    cd "$1" || exit 1
    # The file that openssl would read otherwise is the machine's.
    printf '[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = besser\n' >openssl.cnf
    export OPENSSL_CONF=$PWD/openssl.cnf
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 \
      -subj '/CN=Authority of besser' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign
    for name in server:ap.besser:serverAuth client:besser-user:clientAuth; do
      IFS=: read -r name subject usage <<<"$name"
      openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$subject"
      printf 'extendedKeyUsage=%s\nsubjectAltName=DNS:%s\n' "$usage" "$subject" >"$name.ext"
      openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile "$name.ext" -out "$name.pem"
    done
    [ -s client.pem ]
  ) >"$1/log" 2>&1 || { tail -n 3 "$1/log" | sed 's/^/# openssl: /'; return 1; }
}
