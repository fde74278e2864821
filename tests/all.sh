#!/usr/bin/env bash
# Everything that must hold before a change is shared: format, lints, unit, property, dialog,
# end-to-end, browser and crash tests, and the Debian package. Sets a fresh Debian machine with Rust up by itself.
#
#   tests/all.sh          the whole run
#   tests/all.sh --long   also what exceeds its share of the time (thousands of kills)
set -euo pipefail
cd "$(dirname "$0")/.."

long=
case "${1:-}" in
  "") ;;
  --long) long=1 ;;
  *) sed -n '2,7s/^# \?//p' "$0"; exit 2 ;;
esac

# Programs the tests use, and the Debian packages they come in.
needed() {
  command -v /usr/sbin/postfix >/dev/null || echo postfix
  command -v /usr/sbin/smtp-sink >/dev/null || echo postfix
  command -v swaks >/dev/null || echo swaks libnet-ssleay-perl libio-socket-ssl-perl
  command -v age >/dev/null || echo age
  command -v cc >/dev/null || echo gcc libc6-dev
  # The tests make clusters of their own; the package's is not needed.
  [ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ] || echo postgresql
  # The console's pages are used in a real browser.
  [ -x /usr/bin/chromium ] || echo chromium
  command -v chromedriver >/dev/null || echo chromium-driver
  # For the package: what it depends on, and what builds and boots it.
  command -v systemctl >/dev/null || echo systemd
  command -v dpkg-shlibdeps >/dev/null || echo dpkg-dev
  command -v ip >/dev/null || echo iproute2
  command -v ps >/dev/null || echo procps
  for language in nor swe osd; do
    [ -n "$(find /usr/share/tesseract-ocr -name "$language.traineddata" 2>/dev/null)" ] || echo "tesseract-ocr tesseract-ocr-$language"
  done
}

# A minimal toolchain has neither.
missing_components() {
  command -v rustfmt >/dev/null || echo rustfmt
  command -v cargo-clippy >/dev/null || echo clippy
}

step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

step "packages"
packages=$(needed | tr '\n' ' ')
if [ -n "${packages// /}" ]; then
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get update -qq
  echo "postfix postfix/main_mailer_type select No configuration" | $sudo debconf-set-selections
  # shellcheck disable=SC2086
  $sudo apt-get install -y -qq --no-install-recommends $packages >/dev/null
  # The tests start instances of their own; the packaged service is not needed.
  $sudo service postfix stop >/dev/null 2>&1 || true
  $sudo service postgresql stop >/dev/null 2>&1 || true
fi

components=$(missing_components | tr '\n' ' ')
# shellcheck disable=SC2086
[ -z "${components// /}" ] || rustup component add $components

# Small and quick to build: it only packs.
cargo deb --version >/dev/null 2>&1 || CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
  cargo install --quiet --locked cargo-deb@3.8.0 --no-default-features

step "format"
cargo fmt --check

step "clippy"
cargo clippy --quiet --all-targets --locked -- -D warnings

step "build"
cargo test --quiet --no-run --locked

# The ledger of the long run: thousands of kills instead of dozens.
[ -z "$long" ] || export SLUSS_TEST_KILLS=2000

step "unit, property, dialog, end-to-end, browser and crash tests"
cargo test --locked

step "Debian package"
tests/package.sh "${CARGO_TARGET_DIR:-target}/debug/sluss"

step "done"
