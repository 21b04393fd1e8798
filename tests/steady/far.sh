#!/usr/bin/env bash
# A collector that is 50 ms away, reached through a proxy that delays every byte: at 100,000 spans a second nothing is lost
# with the settings that docs/performance.md names, though little may wait.
# Usage: far.sh otlp-http|otlp-grpc [BATCH CONSUMERS [SECONDS]]
source "$(dirname "$0")/support.sh"
need_collector
PATH=$PATH:/usr/local/go/bin
(cd "$root/bench/peers/delay" && GOTOOLCHAIN=local GOFLAGS=-buildvcs=false go build -o "$work/delay" .) >"$work/go" 2>&1 ||
    skip "the proxy cannot be built here: $(tail -n 1 "$work/go")"
start_collector counting arrived

near=$HTTP_PORT
[ "$1" = otlp-http ] || near=$GRPC_PORT
far=$(free_port)
"$work/delay" -listen "127.0.0.1:$far" -to "127.0.0.1:$near" -rtt 50ms &
for _ in $(seq 100); do
    ! is_open "$far" || break
    sleep 0.05
done

endpoint="http://127.0.0.1:$far"
[ "$1" = otlp-http ] || endpoint="127.0.0.1:$far"
exporters "  $1:
    endpoint: \"$endpoint\"
    compression: none
    tls: {insecure: true}
    sending_queue: {num_consumers: ${3:-16}}
batch: {max_export_batch_size: ${2:-1024}}
buffer: {max_memory: 32MiB}"
bot rate 100000 "${4:-3}"
none_lost "$(jq .ended "$work/printed")"
jq -r '"50 ms away: \(.ended) spans in \(.exporters[0].requests) requests, none lost; \(.peak_kib) KiB at most"' "$work/printed"
