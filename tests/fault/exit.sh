#!/usr/bin/env bash
# A bot that ends without a shutdown, by return from main and by exit() in the midst of its threads' spans: it ends at once,
# with its own exit code, whatever its exporter is doing; with storage the next start sends all that had ended.
# Usage: exit.sh otlp-http|otlp-grpc|stdout
source "$(dirname "$0")/support.sh"
need_collector
plugin=$1

# leaves WHAT YAML: both ways, several times.
leaves() {
    local turn way
    for turn in 1 2 3; do
        for way in "rate 4000 0.2" "burst 20000" "leave 0.3"; do
            # shellcheck disable=SC2086
            timeout 20 "$TESTS/fault-bot" ledger "$work/$1/$turn-${way%% *}" 60000 threads 4 init "$work/$2" $way \
                >"$work/printed" 2>"$work/said" || fail "$1, $way: exit code $?: $(tail -n 3 "$work/said")"
            ! grep -q Sanitizer "$work/said" || fail "$1, $way: $(grep -m 3 Sanitizer "$work/said")"
        done
    done
    echo "$plugin, $1: ended 9 times without a shutdown"
}

# settings NAME PORT [MORE]
settings() {
    local options="endpoint: \"http://127.0.0.1:$2\""
    [ "$plugin" != stdout ] || options="format: json"
    yaml "$1.yaml" "batch: {schedule_delay: 50ms}
${3:-}
exporters:
  $plugin: {$options}"
    mkdir "$work/$1"
}

collector healthy
healthy=$HTTP_PORT
[ "$plugin" != otlp-grpc ] || healthy=$GRPC_PORT
settings healthy "$healthy"
leaves healthy healthy.yaml
if [ "$plugin" != stdout ]; then
    hostile silent
    settings silent "$HOSTILE_PORT"
    leaves silent silent.yaml
    end_collector
    GRPC_PORT='' HTTP_PORT=''
    collector arrived
    [ "$plugin" = otlp-grpc ] && port=$GRPC_PORT || port=$HTTP_PORT
    settings stored "$port" "storage: {directory: $work/storage}"
    leaves stored stored.yaml
    send_left stored.yaml
    arrived arrived stored
    expect_arrived arrived '.lost == 0 and .garbled == 0 and .unknown == 0' "spans that had ended were lost"
    jq -r '"stored: \(.ended) ended, \(.arrived) arrived, \(.doubles) twice"' "$work/arrived"
fi
