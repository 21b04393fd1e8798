#!/usr/bin/env bash
# The order desk in another process, joined by the headers that the bot injects: one trace, one call id.
source "$(dirname "$0")/support.sh"
need_collector
start_collector http-only arrived
exporters "  otlp-http: {endpoint: \"http://localhost:$HTTP_PORT\"}"
run_bot --tool-process --calls 2
jq -e '.desk_requests == .ended["getpatter.tool"] and .desk_spans == 2 * .desk_requests' "$work/ended.json" >/dev/null ||
    fail "the order desk answered another number of requests than the bot made"
compare "$work/arrived.jsonl"
