#!/usr/bin/env bash
# The record path in the steady state, where values are hashed or denied too: no allocation, no lock, no system call but the
# wake of a sleeping pump.
# Usage: record.sh discard|otlp-http [SPANS UNDER STRACE]
source "$(dirname "$0")/support.sh"
privacy="privacy: {hashed_keys: [app.caller.ref], hash_key: 0123456789abcdef0123456789abcdef}"

if [ "$1" = discard ]; then
    exporters "  discard: {plugin: $DISCARD}
$privacy"
else
    need_collector
    start_collector counting arrived
    exporters "  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\", compression: none}
$privacy"
fi

# record SPANS THREADS [FAULT]: what it printed stands in $work/printed.
record() {
    "$TESTS/steady-record" "$@" >"$work/printed" || fail "steady-record $*: exit code $?"
}

# strict FILTER MESSAGE: the line that steady-record printed passes the filter.
strict() {
    jq -e "$1" "$work/printed" >/dev/null || fail "$2: $(cat "$work/printed")"
}

# The system calls of each thread between its marks of that name, one a line.
calls_between() {
    sed -ns "/write(-1, \"$1-begin\"/,/write(-1, \"$1-end\"/p" "$work"/calls.* | grep -v 'write(-1, ' || true
}

# traced ARGUMENT...: steady-record under strace; $work/steady and $work/warming hold what was called.
traced() {
    rm -f "$work"/calls.*
    strace -ff -qq --signal=none -o "$work/calls" "$TESTS/steady-record" "$@" >"$work/printed" ||
        fail "steady-record $* under strace: exit code $?"
    calls_between steady >"$work/steady"
    calls_between warming >"$work/warming"
    grep -v 'futex(.*FUTEX_WAKE_PRIVATE, 1) = ' "$work/steady" >"$work/other" || true
}

for threads in 1 2; do
    record "$((1000000 / threads))" "$threads"
    strict '.dropped == 0 and .exported >= .spans' "spans were lost"
    strict '.warming_allocations > 0 and .warming_locks > 0' "the counters do not see the library"
    strict '.allocations == 0' "the record path allocates"
    strict '.locks == 0' "the record path takes a lock"
    # At most one for each chunk of a ring, which holds some 200 of these spans, and one for each burst.
    strict '.spans > 100 * .wakes' "the pump is woken too often"
    jq -r '"\(.threads) thread(s), \(.spans) spans: \(.allocations) allocations, \(.locks) locks, "
        + "\(.wakes) wakes; warming up: \(.warming_allocations) allocations, "
        + "\(.warming_locks) locks"' "$work/printed"
done

if strace -o /dev/null true 2>/dev/null; then
    for threads in 1 2; do
        traced "$((${2:-1000000} / threads))" "$threads"
        [ -s "$work/warming" ] || fail "strace does not see the warm-up"
        [ ! -s "$work/other" ] || fail "the record path calls the system: $(sort "$work/other" | uniq -c | head -n 5)"
        echo "$threads thread(s), $(jq .spans "$work/printed") spans under strace: $(wc -l <"$work/steady") wakes and no other" \
            "system call; warming up: $(wc -l <"$work/warming") calls"
    done
else
    skip_part "strace may not trace here"
fi

# The proof can fail.
record 20000 1 malloc
strict '.allocations > 0' "an allocation was not seen"
record 20000 1 lock
strict '.locks > 0' "a lock was not seen"
if strace -o /dev/null true 2>/dev/null; then
    traced 20000 1 call
    grep -q getppid "$work/other" || fail "a system call was not seen"
fi
