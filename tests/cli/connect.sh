#!/usr/bin/env bash
# What `patter check --connect` sends, and how it tells each kind of answer.
. "$(dirname "$0")/support.sh"
on=PATTER_OTEL_ENABLED=1

# The answer in words, of a plugin that is told what to answer.
answer() {
    echo "exporters: {answers: {plugin: $BUILD/tests/cli/patter-answers.so, must: 1, $1}}" | sed 's/1,/true,/' >patter.yaml
    patter $on check --connect --json
    out=$(jq -r '.exporters[].probe | "\(.accepted) \(.reason) \(.text)"' <<<"$out")
    settle
}

answer 'status: ok'
expect 'accepted' 0 <<'E1'
true null accepted in N ms; in the backend, look for trace TRACE
E1
answer 'status: ok, detail: with a warning'
expect 'accepted with a warning' 0 <<'E1'
true null accepted in N ms: with a warning; in the backend, look for trace TRACE
E1
answer 'status: ok, rejected: 1, reason: rejected, detail: too old'
expect 'refused' 1 <<'E1'
false rejected reached, but the span was refused: too old. (Counted as rejected.)
E1
answer 'status: again, reason: http_503, detail: busy!'
expect 'again' 1 <<'E1'
false http_503 not accepted: busy! A running bot would keep its spans and try again. (Counted as http_503.)
E1
answer 'status: too_large'
expect 'too large' 1 <<'E1'
false null not accepted: even one span is too large for the receiver.
E1
answer 'status: failed, reason: http_401, detail: no such token'
expect 'failed' 1 <<'E1'
false http_401 not accepted: no such token. A running bot would lose its spans. (Counted as http_401.)
E1
answer 'status: failed, optional: true'
expect 'failed, but optional' 0 <<'E1'
false null not accepted. A running bot would lose its spans.
E1

# Nothing is sent while the configuration is wrong, and nothing without --connect.
echo 'exporters: {stdout: {format: line}, stdout/wrong: {fromat: line}}' >patter.yaml
patter $on check --connect --json
out=$(jq -c '[.exporters[].probe]' <<<"$out")
expect 'wrong configuration' 1 <<'E1'
[null,null]
E1
patter $on check --connect
out=$(sed -n '/^exporters/,/^$/p' <<<"$out")
expect 'wrong configuration, in text' 1 <<'E1'
exporters
  stdout -> standard output (line)
    stdout 0.1.0, BUILD/lib/patter/exporters-v1/patter-stdout.so
    not probed: correct the errors below first
  stdout/wrong cannot start; see below
    stdout 0.1.0, BUILD/lib/patter/exporters-v1/patter-stdout.so
    not probed: correct the errors below first
E1
serve accepts
echo "service: {name: front-desk}
exporters:
  otlp-http: {endpoint: 'http://127.0.0.1:$port'}
  stdout: {format: line}" >patter.yaml
patter $on check --json
out=$(jq -c '[.exporters[].probe]' <<<"$out")
expect 'without --connect' 0 <<'E1'
[null,null]
E1

# What a plugin prints itself comes below the report; in JSON, beside it.
patter $on check --connect
settle
out=$(sed -n '/^exporters/,/^$/p' <<<"$out" | sed -E 's/^[0-9TZ:.-]{27} /TIME /; s/span=[0-9a-f]{16}/span=SPAN/')
expect 'in text' 0 <<'E1'
exporters
  otlp-http -> http://127.0.0.1:PORT/v1/traces
    otlp-http 0.1.0, BUILD/lib/patter/exporters-v1/patter-otlp-http.so
    accepted in N ms; in the backend, look for trace
    TRACE
  stdout -> standard output (line)
    stdout 0.1.0, BUILD/lib/patter/exporters-v1/patter-stdout.so
    accepted in N ms; in the backend, look for trace
    TRACE
E1
patter $on check --connect
settle
out=$(sed -n '/^what the probes/,$p' <<<"$out" | sed -E 's/^[0-9TZ:.-]{27} /TIME /; s/span=[0-9a-f]{16}/span=SPAN/')
expect 'in text, what is printed' 0 <<'E1'
what the probes printed
TIME 1.000ms getpatter.call trace=TRACE span=SPAN getpatter.call.id=patter-check-probe

tracing would start
E1
kill "$server"
wait "$server" 2>/dev/null
server=
patter $on check --connect
settle
[ "$code" = 1 ] || fail "a probe refused: exit code $code"
[ "$(tail -n 1 <<<"$out")" = 'tracing would start; not accepted is the probe of otlp-http' ] ||
    fail "a probe refused: $(tail -n 3 <<<"$out")"
serve accepts
sed -i "s|127.0.0.1:[0-9]*|127.0.0.1:$port|" patter.yaml
env -i PATH="$PATH" ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} $on "$BUILD/bin/patter" check --connect --json \
    2>beside >json
jq -e '.good and ([.exporters[].probe.accepted] == [true, true])' json >/dev/null || fail "JSON: $(cat json)"
grep -q 'getpatter.call.id=patter-check-probe' beside || fail "what stdout prints is lost: $(cat beside)"

finish
