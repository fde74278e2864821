#!/bin/sh
# Writes one of the Postfix configurations of this folder with its placeholders filled.
#
#   fill.sh in-front|behind|before-queue TARGET NAME=VALUE ...
#
# TARGET becomes the configuration directory (postfix -c TARGET start, or /etc/postfix). Every @NAME@ of
# the templates must be given; README.md says what each means.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] && [ -f "$here/$1/main.cf" ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
topology=$here/$1 target=$2
shift 2

script=
for pair in "$@"; do
  case $pair in
    *'|'*) echo "fill.sh: no | in a value, please: $pair" >&2; exit 2 ;;
    [A-Z]*=*) script="$script;s|@${pair%%=*}@|${pair#*=}|g" ;;
    *) echo "fill.sh: not NAME=VALUE: $pair" >&2; exit 2 ;;
  esac
done

mkdir -p "$target"
for file in main.cf master.cf transport; do
  sed "${script#;}" "$topology/$file" > "$target/$file"
  if missing=$(grep -v '^#' "$target/$file" | grep -o '@[A-Z_]*@' | sort -u | tr '\n' ' ') && [ -n "$missing" ]; then
    echo "fill.sh: not given: $missing(in $file)" >&2
    exit 1
  fi
done
