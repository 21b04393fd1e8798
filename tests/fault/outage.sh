#!/usr/bin/env bash
# The collector is killed under load and comes back. Without storage the loss is what the counters say, to the span; with it
# (STORAGE=1) there is none. Spans come twice only in requests that were unanswered when the connection was cut.
# Usage: outage.sh otlp-http|otlp-grpc SPANS_A_SECOND SECONDS [MAX_MEMORY]      one second before it, two after it
source "$(dirname "$0")/support.sh"
need_collector
plugin=$1 rate=$2 out_s=$3 max_memory=${4:-64MiB}
collector arrived
endpoint=http://127.0.0.1:$HTTP_PORT
[ "$plugin" = otlp-http ] || endpoint=http://127.0.0.1:$GRPC_PORT
storage=""
if [ "${STORAGE:-0}" = 1 ]; then
    # As docs/storage.md says, and the least that is allowed.
    storage="storage: {directory: $work/storage, max_size: $((rate * (out_s + 3) * 200 * 4 / 3 / 1048576 + 4))MiB}"
fi
yaml patter.yaml "$storage
buffer: {max_memory: $max_memory}
exporters:
  $plugin: {endpoint: \"$endpoint\", retry_on_failure: {initial_interval: 200ms, max_interval: 1s, max_elapsed_time: 0}}"

all_s=$((out_s + 3))
start_bot ledger "$work/ledger" $((rate * all_s * 3 / 2 + 1000)) threads 2 init "$work/patter.yaml" \
    rate "$rate" $all_s books flush 120000 shutdown 5000 books
sleep 1
end_collector KILL
sleep "$out_s"
collector arrived
wait_for_bot
expect_balance
expect 'map(select(.step == "flush"))[0].status == 0' "the flush timed out"
look -r 'map(select(.step == "books"))[-1].exporters[] | "counted: \(.exported) exported, \(.waiting) stored, \(.dropped) dropped \(.reasons)"'
if [ -n "$storage" ]; then
    expect 'map(select(.step == "books"))[-1].exporters[0].dropped == 0' "spans were lost"
    send_left
fi
arrived arrived

expect_counted arrived "$plugin" 1
[ $# -lt 4 ] || [ -n "$storage" ] || expect_arrived arrived '.lost > 0' "this outage was too short to count a loss"
jq -r --arg what "$plugin, $rate/s, out for $out_s s${storage:+, with storage}" '"\($what): \(.ended) ended, \(.arrived) arrived, " +
    "\(.lost) lost, \(.doubles) twice in \(.batches_twice) requests"' "$work/arrived"
