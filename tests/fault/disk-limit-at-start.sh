#!/usr/bin/env bash
# A program that may write small files only (`ulimit -f`): the signal that a larger one brings does not end it, spans go by way
# of memory, and one line says so.
source "$(dirname "$0")/support.sh"
need_collector
collector arrived
yaml patter.yaml "storage: {directory: $work/spool}
exporters:
  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\"}"
for size_kib in 0 1 64 200 600 6000; do
    (
        ulimit -S -f $size_kib
        exec "$TESTS/fault-bot" init "$work/patter.yaml" burst 2000 drain 30 shutdown 5000 books
    ) 2>&1 | cat >"$work/all" # a pipe, since what is printed would be in a file, too
    grep '^{' "$work/all" >"$work/steps"
    expect_balance
    expect '.[-1] | .ended >= 2000 and .exporters[0].exported == .ended' "not every span was sent"
    [ $size_kib -gt 600 ] || grep -q "patter: .*File too large" "$work/all" || fail "it is not told: $(cat "$work/all")"
done
echo "with files of 0 to 6000 KiB every span was sent"
