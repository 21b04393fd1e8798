#!/usr/bin/env bash
# Texts that must not leave, put into every door of the API, occur nowhere in what a real collector received over
# gRPC and over HTTP; what may leave beside them does.
source "$(dirname "$0")/support.sh"
need_collector
privacy='privacy:
  allowed_keys:
    - app.any
    - {key: app.id, class: identifier}
    - {key: app.name, class: name}
    - {key: app.choice, class: choice, choices: [sales]}
  hashed_keys: [app.hashed]
  hash_key: 0123456789abcdef0123'

for protocol in grpc http; do
    start_collector "$protocol-only" "$protocol"
    if [ $protocol = grpc ]; then
        exporters "  otlp-grpc: {endpoint: \"127.0.0.1:$GRPC_PORT\", tls: {insecure: true}}"
    else
        exporters "  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\", compression: gzip}"
    fi
    printf '%s\n' "$privacy" >>"$PATTER_CONFIG"
    "$TESTS/privacy-leaks" "$PATTER_CONFIG" 2>"$work/said" || fail "sending: $(cat "$work/said")"
    wait_for_spans "$work/$protocol.jsonl" 100
    "$TESTS/privacy-leaks" --find <"$work/said" || fail "in the log"
    "$TESTS/privacy-leaks" --find <"$work/$protocol.jsonl" || fail "over $protocol"
    grep -q call-harmless-81 "$work/$protocol.jsonl" || fail "what may leave did not, over $protocol"
    echo "$(span_count "$work/$protocol.jsonl") spans over $protocol: no canary in them"
done
