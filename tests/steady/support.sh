# What the proofs of the steady state share, on top of the integration tests' own. Sourced by bash.
source "$(dirname "${BASH_SOURCE[0]}")/../integration/support.sh"
DISCARD=${DISCARD:-$root/build/release/bench/patter-discard.so}

# A part that cannot run here; in CI it must.
skip_part() {
    [ "${CI:-}" != true ] || fail "may not be skipped in CI: $*"
    echo "left out: $*"
}

# bot ARGUMENT...: steady-shapes; what it printed stands in $work/printed.
bot() {
    "$TESTS/steady-shapes" "$@" >"$work/printed" || fail "steady-shapes $*: exit code $?"
}

# expect FILTER MESSAGE: the books that the bot printed pass the filter.
expect() {
    jq -e "$1" "$work/printed" >/dev/null || fail "$2: $(cat "$work/printed")"
}

# How many spans the collector of counting.yaml has counted.
arrived() { sed -n 's/.*"spans": \([0-9]*\)}$/\1/p' "$work/arrived.log" | awk '{ sum += $1 } END { print sum + 0 }'; }

# none_lost COUNT: every exporter has exported each ended span, and in all so many have arrived.
none_lost() {
    expect '.ended as $ended | all(.exporters[]; .dropped == 0 and .exported == $ended)' "spans were lost"
    for _ in $(seq 50); do
        [ "$(arrived)" -lt "$1" ] || break
        sleep 0.1
    done
    [ "$(arrived)" = "$1" ] || fail "$(arrived) spans arrived, not $1: $(cat "$work/printed")"
}
