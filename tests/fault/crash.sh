#!/usr/bin/env bash
# A bot with storage dies at random moments, again and again, under load on four threads, while its collector is at times
# stopped. Every span that had ended arrives, whole; a call that was open comes as abandoned; twice come only spans of
# requests that were under way.
# Usage: crash.sh otlp-http|otlp-grpc SIGNAL TIMES
source "$(dirname "$0")/support.sh"
need_collector
plugin=$1 signal=$2 times=$3 batch=512 consumers=4 threads=4
ulimit -c 0
# A sanitizer would report a death that is wanted.
export ASAN_OPTIONS=$ASAN_OPTIONS:handle_segv=0:handle_abort=0 TSAN_OPTIONS=$TSAN_OPTIONS:handle_segv=0:handle_abort=0
collector arrived
endpoint=http://127.0.0.1:$HTTP_PORT
[ "$plugin" = otlp-http ] || endpoint=http://127.0.0.1:$GRPC_PORT
yaml patter.yaml "batch: {schedule_delay: 50ms, max_export_batch_size: $batch}
storage: {directory: $work/storage, max_size: 4GiB} # a slow machine does not keep up, and loses nothing here by that
exporters:
  $plugin:
    endpoint: \"$endpoint\"
    sending_queue: {num_consumers: $consumers}
    retry_on_failure: {initial_interval: 100ms, max_interval: 500ms}"

await() { # WORD: which the bot prints
    until grep -q "$1" "$work/steps" 2>/dev/null; do
        kill -0 "$bot" 2>/dev/null || fail "turn $turn: the bot ended by itself: $(tail -n 3 "$work/said")"
        sleep 0.01
    done
}

mkdir "$work/ledger"
for turn in $(seq "$times"); do
    : >"$work/steps"
    "$TESTS/fault-bot" ledger "$work/ledger/$turn" 60000 threads $threads init "$work/patter.yaml" say ready rate 20000 0.4 \
        say burst burst 40000 sleep 60 >"$work/steps" 2>>"$work/said" &
    bot=$!
    await ready
    [ $((RANDOM % 2)) = 0 ] || kill -STOP "$COLLECTOR"
    if [ $((RANDOM % 3)) = 0 ]; then
        sleep "0.$((RANDOM % 30 + 10))"
    else # in the midst of it: the threads do nothing but spans then
        await burst
        sleep "0.0$((RANDOM % 3))"
    fi
    kill "-$signal" "$bot"
    wait "$bot" 2>/dev/null || true
    kill -CONT "$COLLECTOR"
done
! grep -q Sanitizer "$work/said" || fail "$(grep -m 3 Sanitizer "$work/said")"

send_left
arrived arrived

expect_arrived arrived '.lost == 0' "spans that had ended were lost"
expect_arrived arrived '.garbled == 0 and .unknown == 0' "spans have changed"
expect_arrived arrived '.not_abandoned == 0' "calls that were open have vanished"
expect_arrived arrived ".abandoned <= $((times * threads))" "more calls were abandoned than were open"
expect_arrived arrived ".doubles <= $((times * consumers * batch))" "spans came twice that were not under way"
jq -r --arg what "$plugin, $times times $signal" '"\($what): \(.ended) ended for sure and \(.may_have_ended) perhaps, " +
    "\(.arrived) arrived, \(.lost) lost, \(.doubles) twice; \(.open) calls open, \(.abandoned) came as abandoned"' "$work/arrived"
