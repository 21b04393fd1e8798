#!/usr/bin/env bash
# A bot with two exporters, of which one has a hostile receiver: the other's delivery is whole, the counters name the
# reason, the books balance, a shutdown answers by its deadline; and with COST=1 a span costs the bot what it
# does beside a healthy receiver.
# Usage: hostile.sh otlp-http|otlp-grpc BEHAVIOUR REASON
[ "$2" != no-name ] || source "$(dirname "$0")/own-view.sh"
source "$(dirname "$0")/support.sh"
need_collector
plugin=$1 behaviour=$2 reason=$3
scheme=http host=127.0.0.1 tls="" timeout=5s
case $reason in
timeout | deadline_exceeded) timeout=700ms ;;
esac

case $behaviour in
wrong-cert | wrong-name)
    "$root/tests/collector/certs" "$work/certs"
    scheme=https tls="ca_file: $work/certs/ca.crt"
    [ "$behaviour" = wrong-cert ] || tls+=", server_name_override: elsewhere.example"
    hostile good --cert "$work/certs/server.crt" --key "$work/certs/server.key"
    if [ "$behaviour" = wrong-cert ]; then
        "$root/tests/collector/certs" "$work/certs" # another authority of the same name
    fi
    ;;
no-handshake)
    hostile silent
    scheme=https
    ;;
no-name)
    # A name server that never answers; /etc/resolv.conf is this process's own.
    [ -n "${OWN_VIEW:-}" ] || skip "another /etc/resolv.conf takes root and a mount namespace"
    host=hanging.patter.example address=127.0.53.$((RANDOM % 250 + 1))
    echo "nameserver $address" >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf
    hostile names --address "$address"
    ;;
*)
    hostile "$behaviour"
    ;;
esac
collector healthy

healthy="  otlp-http/healthy: {endpoint: \"http://127.0.0.1:$HTTP_PORT\"}"
faulty="  $plugin/faulty:
    endpoint: \"$scheme://$host:$HOSTILE_PORT\"
    compression: none
    timeout: $timeout
    tls: {$tls}
    retry_on_failure: {initial_interval: 100ms, max_interval: 200ms, max_elapsed_time: 600ms}"
common="batch: {schedule_delay: 100ms}
log: {level: info}"
yaml healthy.yaml "$common
exporters:
$healthy"
yaml faulty.yaml "$common
exporters:
$healthy
$faulty"

# First at leisure, then a shutdown in the midst of it, which has most to hold it up.
within_ms=2000
bot ledger "$work/ledger" 20000 init "$work/faulty.yaml" rate 3000 1 flush 20000 books \
    rate 3000 0.5 shutdown $within_ms books
arrived healthy

expect_balance
expect 'map(select(.step == "flush"))[0].status == 0' "the flush timed out"
expect "map(select(.step == \"shutdown\"))[0].took_ms < $within_ms + 1500" "the shutdown is late"
expect 'all(.[] | select(.step == "books"); .ended as $ended | .exporters[0] | .name == "otlp-http/healthy" and
    .exported == $ended and .dropped == 0)' "the healthy exporter lost spans"
expect_arrived healthy '.lost == 0 and .doubles == 0 and .garbled == 0 and .unknown == 0 and .ended == .arrived' \
    "the healthy delivery is not whole"
expect "map(select(.step == \"books\"))[0].exporters[1].reasons | keys == [\"$reason\"]" \
    "the counters do not say $reason"
look -r 'map(select(.step == "books") | .exporters[1]) |
    "\(.[0].name): at first \(.[0].exported) exported, \(.[0].reasons); at the end \(.[1].reasons)"'
look -r 'map(select(.step == "flush" or .step == "shutdown") | "\(.step) took \(.took_ms) ms") | join(", ")'
jq -r '"the other: \(.ended) ended, \(.arrived) arrived"' "$work/healthy"
! grep -q . "$work/hostile.err" || fail "the hostile receiver: $(tail -n 1 "$work/hostile.err")"

# In the short run only where something could hold the bot up.
case $behaviour in
refuse | deaf | stall | huge | drip | 503 | no-name) ;;
*) [ "${LONG:-}" = 1 ] || COST=0 ;;
esac
if [ "${COST:-}" = 1 ]; then
    bot cost "$work/healthy.yaml" "$work/faulty.yaml"
    look -r '.[0] | "99.9th percentile: \(.faulty) ticks, \(.healthy) beside a healthy receiver, \(.rounds) rounds"'
    expect '.[0] | .faulty <= 3 * .healthy' "a span costs the bot more beside this receiver"
fi
