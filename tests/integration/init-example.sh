#!/usr/bin/env bash
# What init is told in code arrives under exactly its keys, beside what every SDK must say.
source "$(dirname "$0")/support.sh"
need_collector
start_collector http-only arrived
cd "$work"
env -u PATTER_CONFIG PATTER_OTEL_ENABLED=1 "$TESTS/init-example" "http://localhost:$HTTP_PORT" || fail "exit code $?"
wait_for_spans "$work/arrived.jsonl" 2
jq -S -s '[.[].resourceSpans[].resource.attributes | map({key, value: .value.stringValue}) | from_entries]
          | unique[] | .["service.instance.id"] |= (. != null) | .["telemetry.sdk.version"] |= (. != null)' \
    "$work/arrived.jsonl" >"$work/arrived"
diff -u - "$work/arrived" <<'JSON' || fail "the resource differs"
{
  "deployment.environment": "staging",
  "service.instance.id": true,
  "service.name": "front-desk-bot",
  "telemetry.sdk.language": "c",
  "telemetry.sdk.name": "patter",
  "telemetry.sdk.version": true
}
JSON
echo "the resource has exactly these keys: $(jq -c keys "$work/arrived")"
