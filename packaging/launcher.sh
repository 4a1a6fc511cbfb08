#!/bin/sh
# livesyte: this file carries the whole program. At its first start it unpacks itself into a cache folder; later
# starts check what is there and go on. Set LIVESYTE_CACHE to choose another folder.
set -eu
hash=@HASH@
offset=@OFFSET@

fail() {
  echo "livesyte: $1" >&2
  exit 1
}

# Somebody else's folder, or a link to one, could bring in a program of theirs.
own() {
  mkdir -p -m 700 "$1" 2>/dev/null && [ -d "$1" ] && [ -O "$1" ] && [ ! -L "$1" ] && [ -w "$1" ]
}

choose_cache() {
  if [ -n "${LIVESYTE_CACHE:-}" ]; then
    cache=$LIVESYTE_CACHE
    own "$cache" || fail "Cannot use LIVESYTE_CACHE $cache: expected a folder of this user that can be written to"
    return
  fi
  cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/livesyte
  own "$cache" && return
  cache=${TMPDIR:-/tmp}/livesyte-$(id -u)
  own "$cache" || fail "Cannot write to $cache: set LIVESYTE_CACHE to a folder that can be written to"
}

is_whole() {
  [ -f "$1/.checksums" ] || return 1
  (cd "$1" && xargs cksum <.files | cmp -s - .checksums) 2>/dev/null
}

unpack() {
  unpacking=$cache/$hash/unpacking.$$
  trap 'rm -rf "$unpacking"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  rm -rf "$unpacking"
  mkdir -p "$unpacking/app"
  tail -c +$offset "$0" | gzip -dc 2>/dev/null | (cd "$unpacking/app" && tar -xf -) ||
    fail "Cannot unpack into $cache: it is full, or this file is damaged"
  is_whole "$unpacking/app" || fail "This file is damaged: fetch it again"
  # Another first start may have been quicker; what is there but damaged makes way.
  if ! is_whole "$app"; then
    [ ! -d "$app" ] || mv "$app" "$unpacking/damaged" 2>/dev/null || true
    mv "$unpacking/app" "$cache/$hash/" 2>/dev/null || is_whole "$app" || fail "Cannot unpack into $cache"
  fi
  rm -rf "$unpacking"
  trap - EXIT INT TERM
}

choose_cache
app=$cache/$hash/app
is_whole "$app" || unpack
export DENO_DIR="$cache/$hash/deno" DENO_NO_UPDATE_CHECK=1
[ -x "$app/deno" ] || fail "Cannot run programs in $cache: set LIVESYTE_CACHE to another folder"
exec "$app/deno" run --frozen --cached-only @PERMISSIONS@ "$app/main.ts" "$@"
