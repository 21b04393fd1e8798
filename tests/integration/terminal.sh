#!/usr/bin/env bash
# Two calls at once of the voice bot into the exporter that needs no backend.
source "$(dirname "$0")/support.sh"
exporters "  stdout: {format: json}"
run_bot --calls 2
grep '^{"resourceSpans"' "$work/bot.out" >"$work/stdout.jsonl" || fail "no OTLP/JSON on standard output"
compare "$work/stdout.jsonl"
