# What the integration tests share: skip, a collector on free ports, and the comparison of what arrived
# with what the bot says it ended. Sourced by bash. By hand the release build is tested; ctest sets these three.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
TESTS=${TESTS:-$root/build/release/tests}
OTELCOL=${OTELCOL:-$root/build/collector/otelcol}
# For a build with sanitizers: known leaks of libraries, and gcc 12's misreading of thread-local memory.
export ASAN_OPTIONS=intercept_tls_get_addr=0
export LSAN_OPTIONS=suppressions=$root/tests/support/leaks.supp:print_suppressions=0
# TSan sees half of what gRPC and its libraries do to keep their threads apart, and no pthread_clockjoin_np.
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:report_thread_leaks=0
work=$(mktemp -d /tmp/patter-test.XXXXXX)

clean_up() {
    local code=$? pid
    for pid in $(jobs -pr); do # not by a list: the number of one that has ended may be another's by now
        kill "$pid" 2>/dev/null && kill -CONT "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
    done
    if [ $code = 0 ] || [ $code = 77 ]; then
        rm -rf "$work"
    else
        echo "kept for a look: $work"
    fi
}
trap clean_up EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# A test that cannot run here; in CI it must.
skip() {
    [ "${CI:-}" != true ] || fail "may not be skipped in CI: $*"
    echo "skipped: $*"
    exit 77
}

need_collector() {
    [ -x "$OTELCOL" ] || skip "there is no collector at $OTELCOL (tests/collector/build makes it, with Go)"
}

# Outside the range from which the system gives ports to clients.
free_port() {
    local port
    while port=$((RANDOM % 12000 + 20000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start_collector CONFIG NAME: what arrives stands in $work/NAME.jsonl. Sets GRPC_PORT and HTTP_PORT.
start_collector() {
    local config=$here/../collector/configs/$1.yaml port pid
    if [ ! -d "$work/certs" ]; then
        "$here/../collector/certs" "$work/certs"
    fi
    for _ in 1 2 3 4 5; do
        GRPC_PORT=$(free_port) HTTP_PORT=$(free_port)
        COLLECTOR_GRPC_PORT=$GRPC_PORT COLLECTOR_HTTP_PORT=$HTTP_PORT COLLECTOR_OUT=$work/$2.jsonl \
            COLLECTOR_CERTS=$work/certs COLLECTOR_TOKEN=secret-token-1 \
            "$OTELCOL" --config "$config" >"$work/$2.log" 2>&1 &
        pid=$!
        port=$HTTP_PORT
        [ "$1" != grpc-only ] || port=$GRPC_PORT
        for _ in $(seq 200); do
            if is_open "$port"; then
                return
            fi
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    tail -n 5 "$work/$2.log"
    fail "the collector does not start with $1.yaml"
}

# exporters TEXT: makes it the patter.yaml that PATTER_CONFIG names.
exporters() {
    export PATTER_CONFIG=$work/patter.yaml
    printf 'exporters:\n%s\n' "$1" >"$PATTER_CONFIG"
    chmod 600 "$PATTER_CONFIG"
}

# run_bot ARGUMENT...: what it ended stands in $work/ended.json, its standard output in $work/bot.out.
run_bot() {
    PATTER_OTEL_ENABLED=1 "$BIN/voicebot" --out "$work/replies" --json "$work/ended.json" "$@" >"$work/bot.out" ||
        fail "the voice bot exits with $?"
    jq -e '.exporters | length > 0 and all(.dropped == 0 and .waiting == 0)' "$work/ended.json" >/dev/null ||
        fail "the bot says that spans were lost: $(jq -c .exporters "$work/ended.json")"
}

span_count() { jq -s '[.[].resourceSpans[]?.scopeSpans[]?.spans[]?] | length' "$1" 2>/dev/null || echo 0; }

# wait_for_spans FILE COUNT: the collector writes what it has taken within half a second.
wait_for_spans() {
    for _ in $(seq 100); do
        [ "$(span_count "$1")" -lt "$2" ] || return 0
        sleep 0.1
    done
    fail "$(span_count "$1") spans in ${1##*/}, not $2"
}

# compare FILE: each span that the bot ended is in the collector's FILE, once, as it was ended.
compare() {
    local count
    count=$(jq '([.ended[]] | add) + .desk_spans' "$work/ended.json")
    wait_for_spans "$1" "$count"
    jq -S -f "$here/expected.jq" "$work/ended.json" >"$work/expected"
    jq -S -s -f "$here/arrived.jq" "$1" >"$work/arrived"
    diff -u "$work/expected" "$work/arrived" || fail "what arrived differs from what the bot ended"
    jq -e -s -f "$here/sound.jq" "$1" >/dev/null || fail "ids or times in $1 are not sound"
    echo "$count spans in ${1##*/}, each as the bot ended it"
}
