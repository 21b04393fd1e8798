#!/usr/bin/env bash
# A shutdown whose deadline passes while the pump still empties the rings, since the disk is slow: what is said to stay is
# sent by the next start, and what is lost is counted.
# Usage: hasty.sh [MAX_MEMORY]      more than a quarter of it in rings is in plain memory, which no start finds again
source "$(dirname "$0")/support.sh"
need_collector
collector arrived
mkdir -m 700 "$work/disk"
yaml patter.yaml "storage: {directory: $work/disk/patter, max_size: 64MiB}
buffer: {max_memory: ${1:-64MiB}}
exporters:
  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\", retry_on_failure: {initial_interval: 100ms}}"
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
mkdir "$work/ledgers"
lost=0 left=0
for within in 0 20 300; do
    disk_fault pwritev "WAIT 200"
    LD_PRELOAD=$TESTS/fault-disk.so FAULT_DISK=$faults FAULT_UNDER=$work/disk bot ledger "$work/ledgers/$within" 60000 \
        threads 4 init "$work/patter.yaml" burst 30000 shutdown $within sleep 3 books
    disk_well
    expect_balance
    lost=$((lost + $(look '.[-1].exporters[0].dropped')))
    left=$((left + $(look '.[-1].exporters[0].waiting')))
    send_left
done
arrived arrived ledgers
[ $left -gt 0 ] || fail "this disk was not slow enough for anything to be left"
expect_arrived arrived ".lost == $lost and .garbled == 0 and .unknown == 0" "$lost spans are counted as dropped"
jq -r --arg left $left '"\(.ended) ended, \($left) left by shutdowns, \(.arrived) arrived, \(.lost) lost and counted, \(.doubles) twice"' "$work/arrived"
