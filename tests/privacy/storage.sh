#!/usr/bin/env bash
# Texts that must not leave, put into every door of the API, occur nowhere in what a bot leaves on the disk (rings, open
# spans, names of keys, positions, the log's files), nor in its counters, its log and what `patter` prints about it.
# Usage: storage.sh BUILD-FOLDER
set -euo pipefail
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
leaks=$build/tests/privacy-leaks
export PATTER_OTEL_ENABLED=1 PATTER_CONFIG=$work/patter.yaml PATTER_PLUGIN_PATH=$build/plugins

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

look() { # WHAT: standard input, without the zeros of what was never written
    tr -d '\0' >"$work/looked"
    "$leaks" --find <"$work/looked" || [ ! -s "$work/looked" ] || fail "in $1"
}

look_at_files() { # WHAT HARMLESS: that text is there, and no canary
    local file
    for file in "$work"/store/*/*; do
        look "${file##*/} $1" <"$file"
        cat "$work/looked"
    done >"$work/all"
    grep -aq "$2" "$work/all" || fail "nothing of $2 $1"
}

# Nothing listens on port 9 here: all stays.
cat >"$PATTER_CONFIG" <<E1
storage: {directory: $work/store}
privacy:
  allowed_keys:
    - app.any
    - {key: app.id, class: identifier}
    - {key: app.name, class: name}
    - {key: app.choice, class: choice, choices: [sales]}
  hashed_keys: [app.hashed]
  hash_key: 0123456789abcdef0123
exporters:
  otlp-http: {endpoint: "http://127.0.0.1:9"}
E1
chmod 600 "$PATTER_CONFIG"

code=0
"$leaks" --die "$PATTER_CONFIG" >"$work/counters" 2>"$work/said" || code=$?
[ $code = 137 ] || fail "it ended with $code: $(cat "$work/said")"
look_at_files "of a bot that was killed" call-harmless-82
kept=$(wc -c <"$work/all")
look "the counters" <"$work/counters"
grep -q otel.sdk.span.started "$work/counters" || fail "no counters"

"$leaks" "$PATTER_CONFIG" 2>>"$work/said" || fail "sending: $(cat "$work/said")"
look_at_files "of a bot that could not send" call-harmless-81
look "the log" <"$work/said"
for command in check privacy plugins version 'storage ls' 'storage ls --json'; do
    # shellcheck disable=SC2086
    "$build/bin/patter" $command 2>&1 | look "patter $command"
done

# What would be found, is.
cp "$work/all" "$work/harmed"
echo 'my-name-is-alice-canary-and-i-live-in-springfield' >>"$work/harmed"
! "$leaks" --find <"$work/harmed" 2>/dev/null || fail "a canary was not found"
echo "$kept and $(wc -c <"$work/all") bytes on the disk: no canary in them"
