#!/usr/bin/env bash
# What an administrator does with the package, from installing to purging. Runs as root on a copy of the
# machine that systemd has started (tests/package/machine.sh): it changes the system it runs on.
#
#   steps.sh PACKAGE.deb
set -euo pipefail
deb=$1
here=/mnt/sluss
[ "${container:-$(tr '\0' '\n' < /proc/1/environ | sed -n 's/^container=//p')}" = sluss-test ] \
  || { echo "steps.sh: only on the copy that machine.sh makes" >&2; exit 2; }

# A published test number of the tax agency, so nobody's. It must be in no log.
NUMBER=19941227-2396
# How long anything may take on a loaded machine.
PATIENCE=90

step() { printf '   %s (%ss)\n' "$1" "$SECONDS"; }
fail() {
  printf 'package: %s\n' "$*" >&2
  journalctl --no-pager -u sluss -u sluss-console -o cat 2>/dev/null | tail -n 25 | cut -c 1-400 >&2
  exit 1
}
# until_true WHAT COMMAND...: waits for it, and fails with WHAT.
until_true() {
  local what=$1 end=$((SECONDS + PATIENCE))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "$what: not within $PATIENCE s"
    sleep 0.3
  done
}
# get PORT PATH: the answer to an HTTP request, head included.
get() {
  exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3 && timeout 10 cat <&3
  exec 3>&-
}
has() { grep -q -- "$1" <<< "$2"; }
ready() { has '^HTTP/1.[01] 200' "$(get "$1" /readyz)"; }
well() { has "\"$1\":{\"ok\":true" "$(get 8025 /readyz)"; }
logged() { journalctl --no-pager -u sluss -o cat | grep -q -- "$1"; }
as_expected() { [ "$(stat -c '%a %U:%G' "$1")" = "$2" ] || fail "$1 is $(stat -c '%a %U:%G' "$1"), not $2"; }
# send SUBJECT BODY [more of swaks]: prints the dialog; its status is swaks's.
send() {
  local subject=$1 body=$2
  shift 2
  timeout 120 swaks --server 127.0.0.1:2525 --helo client.kommun.example --from anna@social.kommun.example \
    --to test@firma.example --header "Subject: $subject" --body "$body" "$@" 2>&1
}
arrived() { grep -rlqs -- "^Subject: $1" /run/packages/sink; }
install_package() { dpkg -i "$deb" 2>&1 || fail "dpkg -i"; }

step "installs, and starts"
said=$(install_package)
has 'sluss.toml says what to fill in' "$said" || fail "the installation does not say what is next: $said"
systemctl --quiet is-active sluss || fail "the relay does not run"
systemctl --quiet is-enabled sluss || fail "the relay does not start with the machine"
! systemctl --quiet is-active sluss-console || fail "the console runs, without a key"
id -nG sluss-console | grep -qw sluss || fail "sluss-console is not in the group sluss"
as_expected /etc/sluss "755 root:root"
as_expected /etc/sluss/sluss.toml "640 root:sluss"
as_expected /etc/sluss/console.toml "640 root:sluss-console"
as_expected /var/lib/sluss "2770 sluss-console:sluss"
as_expected /var/lib/sluss/sluss.db "660 sluss-console:sluss"
as_expected /var/lib/sluss-console "700 sluss-console:sluss-console"
as_expected /var/lib/sluss/sluss.secret "600 sluss:sluss"
[ "$(stat -c %U "/proc/$(systemctl show -P MainPID sluss)")" = sluss ] || fail "the relay does not run as sluss"
[ "$(sluss config check)" = ok ] || fail "the first configuration is not accepted as it is"
sluss --version > /dev/null

step "its walls hold, and its readers work behind them"
until_true "the process that opens attachments" well attachments
until_true "the reader of pictures" well pictures
# 0 is the best of systemd's marks, 10 the worst.
for unit in sluss sluss-console; do
  mark=$(systemd-analyze security --no-pager "$unit.service" | sed -n 's/.*level for .*: \([0-9.]*\) .*/\1/p')
  awk -v mark="${mark:-10}" 'BEGIN { exit !(mark <= 2.0) }' || fail "$unit: exposure ${mark:-unknown}, more than 2.0"
done

step "says what is missing, and takes no mail without a next hop"
! ready 8025 || fail "it is ready without a next hop"
has 'next-hop:default' "$(get 8025 /readyz)" || fail "it does not say that the next hop is missing"
dialog=$(send probe "Hej!") && fail "mail was taken without a next hop: $dialog"
has '451 4.4.1' "$dialog" || fail "no 451 without a next hop: $dialog"

step "a real Postfix behind it, and a server behind that"
mkdir -p /run/packages/sink && chmod 777 /run/packages/sink
smtp-sink -u nobody -d /run/packages/sink/%M 127.0.0.1:2599 100 &
sh "$here/deploy/postfix/fill.sh" behind /etc/postfix HOSTNAME=mail.kommun.example QUEUE=/var/spool/postfix \
  DATA=/var/lib/postfix LOG=/var/log/postfix-test.log NETWORKS=127.0.0.0/8 LISTEN=127.0.0.1:2526 RELAYHOST='[127.0.0.1]:2599'
postfix start > /dev/null 2>&1 || fail "Postfix does not start: $(tail -n 3 /var/log/postfix-test.log)"
until_true "readiness" ready 8025

step "relays; under observe confidential mail too, and records it"
send clean-one "Vi ses klockan tre." > /dev/null || fail "clean mail was not taken"
until_true "the clean mail" arrived clean-one
send observed-one "Karin Dahlqvist, personnummer $NUMBER, är sjukskriven för en depression." > /dev/null \
  || fail "under observe, confidential mail was not taken"
until_true "the observed mail" arrived observed-one
until_true "the record of what was observed" logged '"outcome":"observed".*"judged":"reject"'
printf 'Karin Dahlqvist, personnummer %s, är sjukskriven för en depression.\n' "$NUMBER" | gzip > /run/packages/underlag.txt.gz
before=$(journalctl --no-pager -u sluss -o cat | grep -c '"outcome":"observed"' || true)
send observed-two "Se bilagan." --attach-type application/gzip --attach @/run/packages/underlag.txt.gz > /dev/null \
  || fail "mail with an attachment was not taken"
until_true "the mail with an attachment" arrived observed-two
recorded() { [ "$(journalctl --no-pager -u sluss -o cat | grep -c '"outcome":"observed".*"categories":"[a-z]')" -gt "$before" ]; }
until_true "what the attachment says was seen" recorded

step "reload"
cat >> /etc/sluss/sluss.toml <<'TOML'
[[unit]]
id = "social"
senders = ["@social.kommun.example"]
profile = "se.social"
language = "sv"
four_eyes_from = "never"
TOML
systemctl reload sluss
judged_by_new_unit() {
  send clean-two "Vi ses klockan fyra." > /dev/null || fail "mail was not taken at a reload"
  logged '"outcome":"relayed".*"unit":"social"'
}
until_true "the new unit" judged_by_new_unit
cp -a /etc/sluss/sluss.toml /run/packages/good.toml
echo 'misspelt = 1' >> /etc/sluss/sluss.toml
systemctl reload sluss
until_true "the refusal of a bad configuration" logged 'the old one stays in force'
send clean-three "Vi ses klockan fem." > /dev/null || fail "a refused configuration stopped the relay"

step "an upgrade with a bad configuration lets the old program run on"
running=$(systemctl show -P MainPID sluss)
said=$(install_package)
has 'was not started anew' "$said" || fail "the upgrade does not say what is wrong: $said"
[ "$(systemctl show -P MainPID sluss)" = "$running" ] || fail "the relay was restarted into a bad configuration"
send clean-four "Vi ses klockan sex." > /dev/null || fail "the upgrade stopped the relay"
cp -a /run/packages/good.toml /etc/sluss/sluss.toml

step "holds, as the first configuration tells to"
key=$(runuser -u sluss-console -- sluss keys new /var/lib/sluss-console/sluss.key | grep -o 'age1[0-9a-z]*' | head -n 1)
escrow=$(sluss keys new /root/escrow.key | grep -o 'age1[0-9a-z]*' | head -n 1)
[ -n "$key" ] && [ -n "$escrow" ] || fail "no recipients were printed"
as_expected /var/lib/sluss-console/sluss.key "600 sluss-console:sluss-console"
# [seal] comes in, the lines for the time without a key go out.
sed -i -e '/^on_confidential = "reject"/,/^fault = "reject"/d' -e 's/^mode = "observe"/mode = "enforce"/' \
  -e 's/^#\[seal\]/[seal]/' -e "s/^#recipients = .*/recipients = [\"$key\", \"$escrow\"]/" \
  -e 's/^#\[quarantine\]/[quarantine]/' -e 's/^#keep_/keep_/' /etc/sluss/sluss.toml
sed -i -e "s/^recipients = .*/recipients = [\"$key\", \"$escrow\"]/" /etc/sluss/console.toml
[ "$(sluss config check)" = ok ] || fail "the configuration with keys: $(sluss config check 2>&1)"
sluss --config /etc/sluss/console.toml config check > /dev/null || fail "console.toml with keys"
said=$(install_package)
! has 'was not started anew' "$said" || fail "the upgrade did not restart the relay: $said"
[ "$(systemctl show -P MainPID sluss)" != "$running" ] || fail "the upgrade did not restart the relay"
grep -q "$key" /etc/sluss/sluss.toml || fail "the upgrade changed the configuration"
as_expected /etc/sluss/sluss.toml "640 root:sluss"
systemctl enable --now sluss-console 2> /dev/null || fail "the console does not start"
until_true "readiness" ready 8025
until_true "readiness of the console" ready 8026
export SLUSS_CONFIG=/etc/sluss/console.toml
held() { sluss quarantine list --json | grep -c '"held"' || true; }
for number in one two; do
  dialog=$(send "held-$number" "Karin Dahlqvist, personnummer $NUMBER, är sjukskriven för en depression.") \
    || fail "confidential mail was not taken: $dialog"
  has 'held, ref ' "$dialog" || fail "confidential mail was not held: $dialog"
  references+=("$(sed -n 's/.*held, ref \([0-9A-Z-]*\).*/\1/p' <<< "$dialog")")
done
[ "$(held)" = 2 ] || fail "$(held) mails are held, not 2"
sluss quarantine release "${references[0]}" --reason "test" --wait 60 > /dev/null || fail "the release"
until_true "the released mail" arrived held-one
[ "$(held)" = 1 ] || fail "$(held) mails are held, not 1"
! arrived held-two || fail "held mail arrived"
sluss audit verify > /dev/null || fail "audit verify"

step "nothing of a mail is in the journal"
journalctl --sync
! journalctl --no-pager | grep -q -e "$NUMBER" -e 'anna@social' -e 'test@firma' -e Dahlqvist -e 'observed-one' \
  || fail "the journal names a person or a content"

step "completion"
offered=$(bash -c '. /usr/share/bash-completion/completions/sluss; COMP_WORDS=(sluss quarantine re); COMP_CWORD=2; _sluss; echo "${COMPREPLY[@]}"' \
  2>/dev/null)
[ "$offered" = "release return reviews review" ] || fail "completion of 'quarantine re' offers: $offered"

step "removed: configuration, keys and held mail stay"
before=$(sluss quarantine list --json)
dpkg -r sluss > /dev/null 2>&1 || fail "dpkg -r"
! pgrep -x sluss > /dev/null || fail "something of it still runs"
[ ! -e /usr/bin/sluss ] || fail "the program is still there"
for kept in /etc/sluss/sluss.toml /var/lib/sluss/sluss.db /var/lib/sluss/sluss.secret /var/lib/sluss-console/sluss.key; do
  [ -s "$kept" ] || fail "$kept went with the program"
done
install_package > /dev/null
until_true "readiness after coming back" ready 8025
until_true "readiness of the console after coming back" ready 8026
[ "$(sluss quarantine list --json)" = "$before" ] || fail "held mail is not what it was before the removal"

step "purged: the configuration goes, held mail and keys stay, and it says so"
said=$(dpkg --purge sluss 2>&1) || fail "dpkg --purge: $said"
! pgrep -x sluss > /dev/null || fail "something of it still runs"
has '/var/lib/sluss ' "$said" && has '/var/lib/sluss-console ' "$said" || fail "purging does not say what it leaves: $said"
[ ! -e /etc/sluss/sluss.toml ] && [ ! -e /etc/sluss/console.toml ] || fail "the configuration is still there"
for kept in /var/lib/sluss/sluss.db /var/lib/sluss/sluss.secret /var/lib/sluss-console/sluss.key; do
  [ -s "$kept" ] || fail "$kept went with the purge"
done
as_expected /var/lib/sluss-console/sluss.key "600 sluss-console:sluss-console"
[ -z "$(find /etc/systemd -name 'sluss*.service')" ] || fail "links to the units are left"
