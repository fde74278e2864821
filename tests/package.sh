#!/usr/bin/env bash
# The Debian package, as an administrator meets it: built, installed, started by systemd, fed with mail,
# reloaded, upgraded, removed, purged. All of it happens on a throw-away copy of this machine in namespaces
# of its own; only the build of the package happens here.
#
#   tests/package.sh [BINARY]     a built sluss; without it target/debug/sluss
#
# Needs root or sudo, cargo-deb, systemd, postfix, swaks. Where the system allows no namespaces, as in a
# container without privileges, what is inside the package is checked and the rest is named as not shown.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
binary=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/debug/sluss}")
sudo=; [ "$(id -u)" = 0 ] || sudo="sudo --"

# No part takes longer, on a slow and loaded machine.
INSTALL_SECONDS=420
BOOT_SECONDS=60

work=$(mktemp -d /var/tmp/sluss-package.XXXXXX)
# Seen by whoever installs it, an unprivileged user of the copy among them.
chmod 755 "$work"
machine= init=
finish() {
  [ -z "$init" ] || $sudo kill -KILL "$init" 2>/dev/null || true
  [ -z "$machine" ] || wait "$machine" 2>/dev/null || true
  if [ -d "$work/groups" ]; then
    # shellcheck disable=SC2016
    $sudo unshare --mount sh -c 'mount -t cgroup2 cgroup "$1/groups" && for try in 1 2 3 4 5; do
      find "$1/groups/$2" -depth -type d -exec rmdir {} + 2>/dev/null && break; sleep 1; done' sh "$work" "$group" || true
  fi
  $sudo rm -rf "$work"
}
group=sluss-package-$$
trap finish EXIT
trap 'exit 130' INT TERM

fail() { printf 'package: %s\n' "$*" >&2; exit 1; }
step() { printf '   %s (%ss)\n' "$1" "$SECONDS"; }

step "build"
mkdir -p "$work/target/release" "$work/folder" "$work/groups"
strip -o "$work/target/release/sluss" "$binary"
CARGO_TARGET_DIR=$work/target timeout 120 \
  cargo deb --quiet --no-build --fast --compress-system -Z gz -o "$work/sluss.deb" >/dev/null
deb=$work/sluss.deb

step "what is in it"
dpkg-deb --fsys-tarfile "$deb" | tar -tf - | sed 's|^\./||' > "$work/files"
for file in usr/bin/sluss usr/lib/systemd/system/sluss.service usr/lib/systemd/system/sluss-console.service \
  usr/lib/sysusers.d/sluss.conf usr/lib/tmpfiles.d/sluss.conf etc/sluss/sluss.toml etc/sluss/console.toml \
  usr/share/man/man8/sluss.8.gz usr/share/bash-completion/completions/sluss usr/share/doc/sluss/copyright \
  usr/share/doc/sluss/changelog.Debian.gz usr/share/doc/sluss/operations.md usr/share/doc/sluss/examples/sluss.toml; do
  grep -qxF "$file" "$work/files" || fail "$file is missing"
done
for page in docs/*.md; do
  grep -qxF "usr/share/doc/sluss/${page#docs/}" "$work/files" || fail "$page is missing"
done
dpkg-deb --info "$deb" conffiles | sort | diff - <(printf '/etc/sluss/console.toml\n/etc/sluss/sluss.toml\n') \
  || fail "the conffiles are not those two"
dpkg-deb --info "$deb" postinst postrm prerm > /dev/null || fail "a maintainer script is missing"
dpkg-deb --fsys-tarfile "$deb" | tar -tvf - | awk '$1 ~ /^-.......w|^-....w/ || $2 != "0/0" && $2 != "root/root"' \
  | { ! grep .; } || fail "files that others may write, or not root's"

step "the manual page knows every command"
# "config check" and so on, from the program's own help; a command without commands of its own stands alone.
commands() { "$binary" "$@" --help | awk '/^Commands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }' | grep -vx help; }
for command in $(commands); do
  below=$(commands "$command" || true)
  for name in ${below:-.}; do
    full=$command${below:+ $name}
    grep -qE "^\.It Ic $full( |\$)" man/sluss.8 || fail "man/sluss.8 says nothing of: $full"
  done
done
if command -v groff >/dev/null; then
  troubles=$(groff -mdoc -Tutf8 -ww -z man/sluss.8 2>&1) || true
  [ -z "$troubles" ] || fail "man/sluss.8: $troubles"
fi
if command -v lintian >/dev/null; then
  step "lintian"
  # It closes no bug of Debian's: nobody uploads it there.
  lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$deb"
fi

if ! $sudo unshare --mount --pid --fork --net --cgroup true 2>/dev/null; then
  echo "package: NOT SHOWN HERE: installing, running, removing (this system allows no namespaces)" >&2
  exit 0
fi

step "a copy of this machine starts"
# In a group of its own, so that nothing is left among the machine's.
# shellcheck disable=SC2016,SC2024
$sudo unshare --mount bash -c '
  mount -t cgroup2 cgroup "$1/groups" && mkdir "$1/groups/$2" && echo $$ > "$1/groups/$2/cgroup.procs" &&
  exec unshare --mount --pid --fork --kill-child=KILL --ipc --uts --net --cgroup bash "$3/tests/package/machine.sh" "$1/folder" "$3"
' bash "$work" "$group" "$repository" > "$work/boot" 2>&1 &
machine=$!
inside() {
  $sudo timeout --kill-after=5 "$INSTALL_SECONDS" \
    nsenter --target "$init" --mount --pid --ipc --uts --net --cgroup -- \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
for ((second = 0; ; second++)); do
  # Its first process, known by the group that is ours alone.
  init=$(for pid in $(ps -eo pid=,args= | awk '/^ *[0-9]+ \/lib\/systemd\/systemd .*--unit=sluss-test.target/ { print $1 }'); do
    grep -qs "/$group/" "/proc/$pid/cgroup" && echo "$pid"; done || true)
  [ -n "$init" ] && inside systemctl --quiet is-active sluss-test.target 2>/dev/null && break
  kill -0 "$machine" 2>/dev/null || { cat "$work/boot" >&2; init=; fail "the copy did not start"; }
  [ "$second" -lt "$BOOT_SECONDS" ] || { cat "$work/boot" >&2; fail "the copy was not up after ${BOOT_SECONDS}s"; }
  sleep 1
done

$sudo cp "$deb" "/proc/$init/root/run/packages/sluss.deb"
inside bash /mnt/sluss/tests/package/steps.sh /run/packages/sluss.deb || fail "see above"
step "done"
