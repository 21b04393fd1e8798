#!/usr/bin/env bash
# Each order of init and shutdown exports exactly the spans that ended while tracing ran.
# Usage: lifecycle.sh stdout|collector
source "$(dirname "$0")/support.sh"

if [ "$1" = collector ]; then
    need_collector
    start_collector grpc-only arrived
    exporters "  otlp-grpc: {endpoint: \"http://localhost:$GRPC_PORT\"}"
else
    exporters "  stdout: {format: json}"
fi

arrived_before=0
for order in off once init-twice shutdown-twice shutdown-first init-again; do
    if [ $order = off ]; then unset PATTER_OTEL_ENABLED; else export PATTER_OTEL_ENABLED=true; fi
    "$TESTS/lifecycle" $order >"$work/out" 2>"$work/said" || fail "$order: $(cat "$work/said")"
    ended=$(sed -n 's/^ended //p' "$work/said")
    if [ "$1" = collector ]; then
        wait_for_spans "$work/arrived.jsonl" $((arrived_before + ended))
        sleep 0.3
        arrived=$(($(span_count "$work/arrived.jsonl") - arrived_before))
        arrived_before=$((arrived_before + arrived))
    else
        arrived=$(span_count "$work/out")
    fi
    [ "$arrived" = "$ended" ] || fail "$order: ended $ended spans, exported $arrived"
    echo "$order: $ended spans"
done
