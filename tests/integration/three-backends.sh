#!/usr/bin/env bash
# Several calls at once to three exporters at once: each gets every span.
source "$(dirname "$0")/support.sh"
need_collector
start_collector grpc-only grpc
grpc_port=$GRPC_PORT
start_collector http-only http
exporters "  stdout: {format: json}
  otlp-grpc: {endpoint: \"localhost:$grpc_port\", tls: {insecure: true}}
  otlp-http: {endpoint: \"http://localhost:$HTTP_PORT\", compression: gzip}"
run_bot --calls 4
grep '^{"resourceSpans"' "$work/bot.out" >"$work/stdout.jsonl" || fail "no OTLP/JSON on standard output"
for name in grpc http stdout; do
    compare "$work/$name.jsonl"
done
