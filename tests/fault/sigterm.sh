#!/usr/bin/env bash
# A bot under load that is stopped by SIGTERM, with the README's two lines: every span that had ended by then arrives, though
# none would have been sent for an hour.
# Usage: sigterm.sh otlp-http|otlp-grpc
source "$(dirname "$0")/support.sh"
need_collector
collector arrived
port=$HTTP_PORT
[ "$1" = otlp-http ] || port=$GRPC_PORT
yaml patter.yaml "batch: {schedule_delay: 1h}
exporters:
  $1: {endpoint: \"http://127.0.0.1:$port\"}"
"$TESTS/fault-bot" sigterm ledger "$work/ledger" 400000 threads 4 init "$work/patter.yaml" say ready serve 4000 \
    >"$work/steps" 2>"$work/said" &
bot=$!
until grep -q ready "$work/steps" 2>/dev/null; do
    kill -0 "$bot" 2>/dev/null || fail "the bot ended by itself: $(tail -n 3 "$work/said")"
    sleep 0.01
done
sleep 1
kill -TERM "$bot"
wait "$bot" || fail "exit code $?: $(tail -n 3 "$work/said")"

arrived arrived
expect_balance
expect '.[1].status == 0 and (.[2].exporters[0] | .exported > 0 and .dropped == 0)' "the shutdown lost spans"
ended=$(look '.[2].ended')
expect_arrived arrived ".arrived == $ended and .doubles == 0 and .garbled == 0 and .unknown == 0" "not all $ended came, or not once"
echo "$1: SIGTERM under load: $ended spans had ended, all arrived; the shutdown took $(look '.[1].took_ms') ms"
