#!/usr/bin/env bash
# Under two threads at full speed and both OTLP exporters, what a collector wrote to its file is what was recorded: every
# span once, with its ids, its name and its attributes.
# Usage: ledger.sh SPANS
source "$(dirname "$0")/support.sh"
need_collector
start_collector http-only over-http
over_http=$HTTP_PORT
start_collector grpc-only over-grpc
exporters "  otlp-http: {endpoint: \"http://127.0.0.1:$over_http\"}
  otlp-grpc: {endpoint: \"127.0.0.1:$GRPC_PORT\", tls: {insecure: true}}
privacy: {allowed_keys: [app.number, {key: app.flag, class: flag}]}"

"$TESTS/steady-ledger" "$1" | sort >"$work/recorded" || fail "steady-ledger: exit code ${PIPESTATUS[0]}"
count=$(wc -l <"$work/recorded")
[ "$count" -ge "$1" ] || fail "only $count spans were recorded"
for way in over-http over-grpc; do
    for _ in $(seq 100); do
        written=$(grep -o '"spanId":' "$work/$way.jsonl" | wc -l || true)
        [ "$written" -lt "$count" ] || break
        sleep 0.1
    done
    jq -r -f "$(dirname "$0")/ledger.jq" "$work/$way.jsonl" | sort >"$work/$way"
    diff "$work/recorded" "$work/$way" >"$work/differences" ||
        fail "$(wc -l <"$work/differences") lines differ $way: $(head -n 6 "$work/differences")"
done
echo "$count spans of two threads, over HTTP and over gRPC: each as it was recorded"
