#!/bin/sh
# Open and verify a packet with other people's programs alone.
#   outside.sh PACKET.zip DIGITS-FILE SCHOOL.pem WORK-FOLDER
# Needs 7z, openssl, sha256sum, find, sort, cut, diff; uses bagit.py where it is installed
# (or named in BAGIT). Prints each step that holds; stops at the first that does not.
set -eu
packet=$1 digits=$(tr -d ' \r\n-' <"$2") school=$3 work=$4
number=$(basename "$packet" .zip)
mkdir -p "$work/outer" "$work/inner"

step() { echo "$1: holds"; }
fail() { echo "$1: DOES NOT HOLD" >&2; exit 1; }
warned() { grep -Eq '^(Warnings|WARNINGS|Errors|ERRORS|There are data after|The archive is open with offset)' "$1"; }

7z x -y "-p$digits" "-o$work/outer" "$packet" >"$work/outer.log" 2>&1 || fail outer
warned "$work/outer.log" && fail outer
[ "$(find "$work/outer" -type f | wc -l)" -eq 1 ] && [ -f "$work/outer/$number.zip" ] || fail outer
step outer

7z x -y "-o$work/inner" "$work/outer/$number.zip" >"$work/inner.log" 2>&1 || fail inner
warned "$work/inner.log" && fail inner
[ "$(ls "$work/inner")" = "$number" ] || fail inner
step inner
cd "$work/inner/$number"

openssl cms -verify -binary -inform DER -in tagmanifest-sha256.txt.p7s \
  -content tagmanifest-sha256.txt -CAfile "$school" -purpose any \
  -signer "$work/signer.pem" -out /dev/null 2>"$work/openssl.log" || fail signature
[ "$(openssl x509 -in "$work/signer.pem" -noout -fingerprint -sha256)" = \
  "$(openssl x509 -in "$school" -noout -fingerprint -sha256)" ] || fail signer
step signature

sha256sum --strict --quiet -c tagmanifest-sha256.txt || fail tagmanifest
step tagmanifest
sha256sum --strict --quiet -c manifest-sha256.txt || fail manifest
sha256sum --strict --quiet -c kiem-tra.sha256 || fail manifest
step manifest

find data -type f | LC_ALL=C sort >"$work/found"
cut -c67- manifest-sha256.txt | LC_ALL=C sort | diff - "$work/found" >/dev/null || fail set
for name in $(ls -A); do
  case $name in
    README.txt | bag-info.txt | bagit.txt | kiem-tra.sha256 | manifest-sha256.txt | data | schemas) ;;
    tagmanifest-sha256.txt | tagmanifest-sha256.txt.p7s) ;;
    *) fail set ;;
  esac
done
step set

bagit=${BAGIT:-$(command -v bagit.py || true)}
if [ -n "$bagit" ]; then
  "$bagit" --validate --quiet . 2>"$work/bagit.log" || fail bag
  step bag
fi
