#!/usr/bin/env bash
# The commonest mistakes, each with the exact words that name it and its cure.
. "$(dirname "$0")/support.sh"
on=PATTER_OTEL_ENABLED=1

# -- the switch

echo 'service: {name: front-desk}
exporters: {stdout: }' >patter.yaml
problems 'switch unset' 0 <<'E1'
environment variable PATTER_OTEL_ENABLED: note: it is not set, so tracing is off, whatever the file says; set it to 1, true or yes where the bot starts
E1
problems 'switch false' 0 PATTER_OTEL_ENABLED=False <<'E1'
environment variable PATTER_OTEL_ENABLED: note: it is `False`, so tracing is off, whatever the file says; set it to 1, true or yes where the bot starts
E1
problems 'switch on' 1 PATTER_OTEL_ENABLED=on <<'E1'
environment variable PATTER_OTEL_ENABLED: error: `on` does not switch tracing on; only 1, true and yes do
E1
for value in 1 true YES; do
    problems "switch $value" 0 PATTER_OTEL_ENABLED=$value </dev/null
done

# -- ports

echo 'service: {name: front-desk}
exporters:
  otlp_http:
    endpoint: http://collector:4317' >patter.yaml
problems 'HTTP to the gRPC port' 0 $on <<'E1'
./patter.yaml:4:15: warning: otlp_http: endpoint: 4317 is usually a receiver's gRPC port and 4318 its HTTP port; for gRPC name the exporter otlp-grpc
E1

serve grpc
echo "exporters: {otlp-http: {endpoint: 'http://127.0.0.1:$port'}}" >patter.yaml
patter $on check --connect --json
out=$(jq -r '.exporters[].probe.text' <<<"$out")
settle
expect 'HTTP to a gRPC receiver' 1 <<'E1'
not accepted: http://127.0.0.1:PORT/v1/traces speaks gRPC: name the exporter otlp-grpc, or write the receiver's HTTP port, usually 4318. A running bot would lose its spans. (Counted as wrong_protocol_grpc.)
E1

echo 'service: {name: front-desk}
exporters: {otlp: {endpoint: "http://collector:4318"}}' >patter.yaml
problems 'gRPC to the HTTP port' 0 $on <<'E1'
./patter.yaml:2:30: warning: otlp: endpoint: 4318 is the usual port of OTLP over HTTP; gRPC's is 4317, and otlp-http is the exporter for HTTP
E1

serve plain
echo "exporters: {otlp-grpc: {endpoint: 'http://127.0.0.1:$port'}}" >patter.yaml
patter $on check --connect --json
out=$(jq -r '.exporters[].probe.text' <<<"$out")
settle
expect 'gRPC to an HTTP receiver' 1 <<'E1'
not accepted: http://127.0.0.1:PORT speaks HTTP/1, not gRPC: name the exporter otlp-http, or write the receiver's gRPC port, usually 4317. A running bot would keep its spans and try again. (Counted as wrong_protocol_http.)
E1

# -- paths

echo 'service: {name: front-desk}
exporters:
  otlp-http/once: {endpoint: "http://collector:4318/v1/traces"}
  otlp-http/twice: {endpoint: "http://collector:4318/v1/traces/v1/traces"}
  otlp-http/base: {endpoint: "https://gateway.example/otlp/"}' >patter.yaml
problems 'path twice' 0 $on <<'E1'
./patter.yaml:3:30: warning: otlp-http/once: endpoint: it ends in /v1/traces already, which patter appends itself: leave it out there
./patter.yaml:4:31: warning: otlp-http/twice: endpoint: it ends in /v1/traces already, which patter appends itself: leave it out there
E1
patter $on check --json
out=$(jq -r '.exporters[] | .name + " " + .destination' <<<"$out")
expect 'final URLs' 0 <<'E1'
otlp-http/once http://collector:4318/v1/traces
otlp-http/twice http://collector:4318/v1/traces/v1/traces
otlp-http/base https://gateway.example/otlp/v1/traces
E1

rm patter.yaml
problems 'path lost' 0 $on OTEL_SERVICE_NAME=front-desk \
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector:4318 <<'E1'
environment variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: warning: otlp-http: traces_endpoint: it is taken as it is and has no path; most receivers want /v1/traces
E1

serve no-path
echo "exporters: {otlp-http: {endpoint: 'http://127.0.0.1:$port/otlp'}}" >patter.yaml
patter $on check --connect --json
out=$(jq -r '.exporters[].probe.text' <<<"$out")
settle
expect 'wrong base path' 1 <<'E1'
not accepted: http://127.0.0.1:PORT/otlp/v1/traces answered 404; nothing takes traces at this path: check the base path in `endpoint`, or write the whole URL as `traces_endpoint`: 404 page not found. A running bot would lose its spans. (Counted as http_404.)
E1

# -- scheme

echo 'service: {name: front-desk}
exporters: {otlp-http: {endpoint: "collector:4318"}}' >patter.yaml
problems 'no scheme' 1 $on <<'E1'
./patter.yaml:2:35: error: otlp-http: start: `endpoint`: `collector:4318` has no scheme: write http://collector:4318, or https:// for TLS
E1

# -- TLS

serve plain
echo "exporters: {otlp-http: {endpoint: 'https://127.0.0.1:$port'}}" >patter.yaml
patter $on check --connect --json
out=$(jq -r '.exporters[].probe.text' <<<"$out")
settle
expect 'TLS to a plain port' 1 <<'E1'
not accepted: https://127.0.0.1:PORT/v1/traces speaks no TLS: write http:// in the endpoint, or the receiver's TLS port. A running bot would lose its spans. (Counted as wrong_protocol_plain.)
E1

serve tls
echo "exporters: {otlp-http: {endpoint: 'http://127.0.0.1:$port'}}" >patter.yaml
patter $on check --connect --json
out=$(jq -r '.exporters[].probe.text' <<<"$out")
settle
expect 'plain text to a TLS port' 1 <<'E1'
not accepted: http://127.0.0.1:PORT/v1/traces speaks TLS: write https:// in the endpoint. A running bot would lose its spans. (Counted as wrong_protocol_tls.)
E1

echo 'service: {name: front-desk}
exporters: {otlp-http: {endpoint: "http://api.vendor.example:443"}}' >patter.yaml
problems 'plain text to 443' 0 $on <<'E1'
./patter.yaml:2:35: warning: port 443 is by custom TLS's, and http:// is plain text: write https://
E1

echo 'service: {name: front-desk}
exporters: {otlp-grpc: {endpoint: "localhost:4317"}}' >patter.yaml
problems 'gRPC without a scheme' 0 $on <<'E1'
./patter.yaml:2:35: warning: gRPC without a scheme is TLS, which a receiver on this host seldom speaks: write http://localhost:4317 for plain text, or https:// where TLS is meant
E1
echo 'service: {name: front-desk}
exporters: {otlp-grpc: {endpoint: "localhost:4317", tls: {insecure: true}}}' >patter.yaml
problems 'gRPC, insecure on purpose' 0 $on </dev/null

# -- a token's variable

echo 'service: {name: front-desk}
exporters:
  otlp-http:
    endpoint: https://api.vendor.example
    headers: {x-team: "${env:VENDOR_API_KEY}"}' >patter.yaml
problems 'token not set' 1 $on <<'E1'
./patter.yaml:5:23: error: environment variable VENDOR_API_KEY is not set; set it, or write ${VENDOR_API_KEY:-} where it may be empty
E1
problems 'token set' 0 $on VENDOR_API_KEY=secret </dev/null

# -- keys and indentation

echo 'service: {name: front-desk}
exporters: {otlp-http: {endpont: "http://collector:4318"}}
sampling: {ratio: 0.5, rato: 1}' >patter.yaml
problems 'misspelt keys' 1 $on <<'E1'
./patter.yaml:2:25: error: `endpont` is no key of exporter otlp-http; did you mean `endpoint`?
./patter.yaml:3:24: error: `rato` is no key of `sampling` in patter.yaml; did you mean `ratio`?
E1
# A program logs the same, with its level once.
out=$(env -i $on ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} "$BUILD/tests/cli/cli-crash" 1 1 2>&1)
code=$?
expect 'misspelt keys, at a start' 1 <<'E1'
patter: error: ./patter.yaml:2:25: `endpont` is no key of exporter otlp-http; did you mean `endpoint`?
patter: error: ./patter.yaml:3:24: `rato` is no key of `sampling` in patter.yaml; did you mean `ratio`?
patter: error: tracing stays off; `patter check` shows the whole configuration
E1
printf 'exporters:\n\tstdout: {}\n' >patter.yaml
problems 'tab' 1 $on <<'E1'
./patter.yaml:2:1: error: a tab stands in the indentation; YAML indents with spaces: replace each tab by spaces
E1
printf 'service: {name: front-desk}\nexporters:\n  stdout:\n  format: tree\n' >patter.yaml
problems 'indentation' 1 $on <<'E1'
./patter.yaml:4:11: error: exporter format must be a map of keys, as in format: {endpoint: ...}, or empty for its defaults; found `tree`
E1

# -- plugins

echo 'service: {name: front-desk}
exporters: {otlp-htp: }' >patter.yaml
patter $on PATTER_PLUGIN_PATH=/nowhere check --json
out=$(jq -r '.problems[].text' <<<"$out")
[ "$code" = 1 ] || fail "plugin not found: exit code $code"
contains 'plugin not found' 'otlp-htp: locate: there is no plugin `otlp-htp`; did you mean `otlp-http`?: tried /nowhere/patter-otlp-htp.so (no such folder), BUILD/lib/patter/exporters-v1/patter-otlp-htp.so, '

# -- attributes of one's own

echo 'service: {name: front-desk}
privacy: {allowed_keys: ["app.*"]}
exporters: {stdout: }' >patter.yaml
problems 'wildcard' 1 $on <<'E1'
./patter.yaml:2:26: error: there are no wildcards in `allowed_keys`: found `app.*`; name each key that may leave
E1
echo 'service: {name: front-desk}
exporters: {stdout: }' >patter.yaml
patter $on check
contains 'own attributes' 'attributes of your own
  none may leave; any other is dropped where it is set, until
  privacy.allowed_keys names it (`patter privacy` shows all that may leave)'

finish
