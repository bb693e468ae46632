#!/usr/bin/env bash
# Installs what the tests run beside the server and this machine lacks:
# PostgreSQL (the SQL is checked against its grammar), strace, sqlite3 and nginx
# (fault tests), chromium (the portal's pages), curl and jq; and builds the S3
# server that the media tests run against. Needs apt-get and the right to use it
# only where something is missing.
set -euo pipefail

s3server="$HOME/.cache/chartline-test-tools/versitygw-v1.8.0" # internal/blob/s3/s3test looks there
if [[ ! -x $s3server ]]; then
  echo "building an S3 server for the tests: ${s3server##*/}"
  building=$(mktemp -d)
  GOBIN=$building GOFLAGS= "${GO:-go}" install github.com/versity/versitygw/cmd/versitygw@v1.8.0
  mkdir -p "${s3server%/*}"
  mv "$building/versitygw" "$s3server"
  rmdir "$building"
fi

missing=()
need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
need curl curl
need jq jq
need strace strace
need sqlite3 sqlite3
PATH=$PATH:/usr/sbin need nginx nginx # in front of several nodes
need chromium chromium
need gcc gcc # the race detector links with it
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)

if ((${#missing[@]} == 0)); then
  exit 0
fi
echo "installing for the tests: ${missing[*]}"
sudo=()
((EUID == 0)) || sudo=(sudo)
"${sudo[@]}" apt-get update -q
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
