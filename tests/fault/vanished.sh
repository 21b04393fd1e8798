#!/usr/bin/env bash
# The storage directory is removed under a bot, which is killed later on, while its collector is out: what has ended since is
# found by the next start in the journal that was begun anew, with all its attributes.
source "$(dirname "$0")/support.sh"
need_collector
collector arrived
yaml patter.yaml "batch: {schedule_delay: 50ms}
storage: {directory: $work/storage}
exporters:
  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\", retry_on_failure: {initial_interval: 100ms, max_interval: 300ms}}"
"$TESTS/fault-bot" ledger "$work/ledger" 100000 threads 4 init "$work/patter.yaml" rate 8000 1 say well drain 10 rate 8000 3 \
    drain 10 say out rate 8000 1 say burst burst 20000 sleep 60 >"$work/steps" 2>"$work/said" &
bot=$!

await() { # WORD: which the bot prints
    until grep -q "$1" "$work/steps" 2>/dev/null; do
        kill -0 "$bot" 2>/dev/null || fail "the bot ended by itself: $(tail -n 3 "$work/said")"
        sleep 0.01
    done
}

await well
rm -rf "$work/storage"
await out # of the second after that the collector has all
"$BIN/patter" storage ls --directory "$work/storage" | grep -q live || fail "there is no other journal: $(cat "$work/said")"
kill -STOP "$COLLECTOR"
await burst
kill -KILL "$bot"
wait "$bot" 2>/dev/null || true
kill -CONT "$COLLECTOR"
! grep -q Sanitizer "$work/said" || fail "$(grep -m 3 Sanitizer "$work/said")"
grep -q "spans are stored again, in another journal" "$work/said" || fail "it is not told: $(cat "$work/said")"

send_left
recovered=$(look 'map(select(.step == "books"))[-1].exporters[0].recovered')
arrived arrived
[ "$recovered" -gt 0 ] || fail "nothing was left: $(cat "$work/steps")"
expect_arrived arrived '.lost == 0' "spans that had ended were lost"
expect_arrived arrived '.garbled == 0 and .unknown == 0' "spans have changed"
jq -r --arg recovered "$recovered" '"\(.ended) ended for sure, \(.arrived) arrived, \($recovered) of them by the next start"' "$work/arrived"
