#!/usr/bin/env bash
# Memory is flat: ten times as many spans through otlp-http take no more of it.
source "$(dirname "$0")/support.sh"
need_collector
start_collector counting arrived
exporters "  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\"}"
bot lossless 100000
few=$(jq .peak_kib "$work/printed") few_spans=$(jq .ended "$work/printed")
bot lossless 1000000
none_lost "$((few_spans + $(jq .ended "$work/printed")))"
expect ".peak_kib <= 1.5 * $few" "memory grows with the number of spans: $few KiB after $few_spans"
echo "$few KiB at most for $few_spans spans, $(jq .peak_kib "$work/printed") KiB for $(jq .ended "$work/printed")"
