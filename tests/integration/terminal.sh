#!/usr/bin/env bash
# The voice bot and its order desk, two processes, into the exporter that needs no backend.
source "$(dirname "$0")/support.sh"
exporters "  stdout: {format: json}"
run_bot --calls 2 --tool-process
grep '^{"resourceSpans"' "$work/bot.out" >"$work/stdout.jsonl" || fail "no OTLP/JSON on standard output"
compare "$work/stdout.jsonl"
