#!/usr/bin/env bash
# The voice bot into a real collector, over one protocol. Usage: one-backend.sh COLLECTOR_CONFIG grpc|http
source "$(dirname "$0")/support.sh"
need_collector
start_collector "$1" arrived

case $1 in
tls) security=", tls: {ca_file: $work/certs/ca.crt}" ;;
mtls) security=", tls: {ca_file: $work/certs/ca.crt, cert_file: $work/certs/client.crt, key_file: $work/certs/client.key}" ;;
bearer) security=', headers: {Authorization: "Bearer secret-token-1"}' ;;
*) security= ;;
esac
case $1 in
tls | mtls) scheme=https ;;
*) scheme=http ;;
esac
if [ "$2" = grpc ]; then
    exporters "  otlp-grpc: {endpoint: \"$scheme://localhost:$GRPC_PORT\"$security}"
else
    exporters "  otlp-http: {endpoint: \"$scheme://localhost:$HTTP_PORT\"$security}"
fi
run_bot
compare "$work/arrived.jsonl"
