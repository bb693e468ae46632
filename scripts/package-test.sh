#!/usr/bin/env bash
# Installs, starts, upgrades, removes and purges the Debian package in a
# throw-away copy of this machine's Debian (an overlay and a chroot; needs root),
# and checks after each step what its users rely on. Where systemd does not run,
# the service's own command is run as its user instead.
set -euo pipefail
cd "$(dirname "$0")/.."
((EUID == 0)) || { echo "package-test needs root for its chroot" >&2; exit 1; }

if [[ ${1:-} != inside ]]; then
  make -s package VERSION=0.1.0
  make -s package VERSION=0.1.1
  top=$(mktemp -d)
  trap 'rm -rf --one-file-system "$top"' EXIT
  mkdir "$top"/{upper,work,root}
  unshare --mount --pid --fork "$0" inside "$top" "$(dpkg --print-architecture)"
  echo "package-test: all passed"
  exit 0
fi

top=$2 root=$2/root arch=$3
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
cp "dist/chartline_0.1.0_$arch.deb" "dist/chartline_0.1.1_$arch.deb" "$root/root/"
in_root() { chroot "$root" "$@"; }
# Settings of this shell must not reach the server.
service_user=(chroot "$root" setpriv --reuid=chartline --regid=chartline --clear-groups env -i PATH=/usr/bin:/bin)
as_service() { "${service_user[@]}" "$@"; }
step() { echo "package-test: $*"; }
port=18199 server=

start() {
  # The unit's own command; only the port is this test's.
  local command
  command=$(in_root sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/chartline.service)
  # shellcheck disable=SC2086
  (exec "${service_user[@]}" CHARTLINE_LISTEN=127.0.0.1:$port $command 2>>"$top/server.log") &
  server=$!
  for _ in $(seq 100); do
    if curl -fs "http://127.0.0.1:$port/readyz" >/dev/null; then return; fi
    sleep 0.1
  done
  echo "the server did not become ready" >&2
  cat "$top/server.log" >&2
  exit 1
}
stop() { kill -TERM "$server"; wait "$server"; }

step "install"
in_root dpkg -i "/root/chartline_0.1.0_$arch.deb" >/dev/null
[[ $(in_root stat -c '%a %U' /var/lib/chartline) == "700 chartline" ]]
[[ $(in_root stat -c '%a %G' /etc/chartline/chartline.env) == "640 chartline" ]]
if command -v systemd-analyze >/dev/null; then
  in_root systemd-analyze verify /usr/lib/systemd/system/chartline.service
fi

step "start, and make a tenant beside the running server"
start
as_service chartline tenant create acme-health --title "Acme Health" --data /var/lib/chartline >/dev/null
stop

step "upgrade: settings and data stay"
echo '# changed by the operator' >>"$root/etc/chartline/chartline.env"
in_root dpkg -i "/root/chartline_0.1.1_$arch.deb" >/dev/null
[[ $(in_root dpkg-query -W -f '${Version}' chartline) == 0.1.1 ]]
grep -q 'changed by the operator' "$root/etc/chartline/chartline.env"
start
as_service chartline tenant list --json --data /var/lib/chartline | grep -q '"acme-health"'
stop
as_service chartline audit verify --data /var/lib/chartline >/dev/null

step "remove and purge: the program goes, recordings and the audit log stay"
in_root dpkg -r chartline >/dev/null
[[ ! -e $root/usr/bin/chartline && -e $root/etc/chartline/chartline.env ]]
in_root dpkg -P chartline >/dev/null
[[ ! -e $root/etc/chartline/chartline.env && -e $root/var/lib/chartline/chartline.db ]]
