#!/usr/bin/env bash
# A burst of 20,000 spans by one thread without a pause, with the default settings: none dropped, and all arrive.
source "$(dirname "$0")/support.sh"
need_collector
start_collector counting arrived
exporters "  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\"}
  otlp-grpc: {endpoint: \"127.0.0.1:$GRPC_PORT\", tls: {insecure: true}}"
bot burst 20000
none_lost "$((2 * $(jq .ended "$work/printed")))"
echo "$(jq .ended "$work/printed") spans in a burst: $(jq -c .exporters "$work/printed")"
