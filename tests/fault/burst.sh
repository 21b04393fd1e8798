#!/usr/bin/env bash
# So many spans as fast as two threads can, into a healthy collector with the default settings: all arrive, once.
# Usage: burst.sh otlp-http|otlp-grpc SPANS
source "$(dirname "$0")/support.sh"
need_collector
plugin=$1 count=$2
collector arrived
endpoint=http://127.0.0.1:$HTTP_PORT
[ "$plugin" = otlp-http ] || endpoint=http://127.0.0.1:$GRPC_PORT
yaml patter.yaml "exporters: {$plugin: {endpoint: \"$endpoint\"}}"

bot ledger "$work/ledger" $((count + 1000)) threads 2 init "$work/patter.yaml" burst "$count" flush 120000 shutdown 5000 books
arrived arrived
expect_balance
expect_counted arrived "$plugin" 0
expect_arrived arrived ".lost == 0 and .ended >= $count and .ended == .arrived" "spans were lost"
jq -r --arg what "$plugin" '"\($what): a burst of \(.ended), \(.arrived) arrived, \(.doubles) twice"' "$work/arrived"
look -r 'map(select(.step == "flush"))[0] | "delivered \(.took_ms) ms after it"'
