#!/usr/bin/env bash
# A server that forks its workers while it traces: what the parent and the children end arrives, once, from each its
# own. Usage: preforked.sh http|grpc|refuse workers|forks
source "$(dirname "$0")/support.sh"
need_collector
protocol=grpc
case $1 in
http) protocol=http ;;
esac
start_collector $protocol-only arrived
case $1 in
http) exporters "  otlp-http: {endpoint: \"http://localhost:$HTTP_PORT\"}" ;;
grpc) exporters "  otlp-grpc: {endpoint: \"http://127.0.0.1:$GRPC_PORT\", fork: restart}" ;;
refuse) exporters "  otlp-grpc: {endpoint: \"http://localhost:$GRPC_PORT\"}" ;;
esac
echo "batch: {schedule_delay: 20ms}" >>"$PATTER_CONFIG"

PATTER_OTEL_ENABLED=1 "$TESTS/preforked" "$2" 2>"$work/said" || fail "exits with $?: $(cat "$work/said")"
ended=$(awk '$1 == "ended" {sum += $2} END {print sum}' "$work/said")
lost=$(awk '$1 == "ended" {sum += $4} END {print sum + 0}' "$work/said")
processes=$(grep -c '^ended' "$work/said")
wait_for_spans "$work/arrived.jsonl" $((ended - lost))
sleep 0.5

# What came: spans, different spans, processes that sent.
arrived=$(jq -r -s '[.[].resourceSpans[]] | [
    ([.[].scopeSpans[].spans[].spanId] | length, (unique | length)),
    ([.[].resource.attributes[] | select(.key == "service.instance.id").value.stringValue] | unique | length)]
    | join(" ")' "$work/arrived.jsonl")
if [ "$1" = refuse ]; then
    [ "$lost" = $((8 * 40 * 3)) ] || fail "$lost spans lost, not those of the children"
    [ "$arrived" = "$((ended - lost)) $((ended - lost)) 1" ] || fail "arrived: $arrived"
    told=$(awk '/ spans dropped: forked: gRPC ran when this process was forked/ {
        for (i = 1; i < NF; i++) if ($(i + 1) == "spans") sum += $i } END { print sum + 0 }' "$work/said")
    [ "$told" = "$lost" ] || fail "$told of $lost lost spans are told of: $(cat "$work/said")"
else
    [ "$lost" = 0 ] || fail "$lost spans lost: $(grep -v '^ended' "$work/said")"
    [ "$arrived" = "$ended $ended $processes" ] || fail "$ended spans of $processes processes ended; arrived: $arrived"
fi
echo "$1, $2: $ended spans of $processes processes, $lost lost; arrived, different, senders: $arrived"
