# What the fault tests share, on top of the integration tests' own. Sourced by bash.
source "$(dirname "${BASH_SOURCE[0]}")/../integration/support.sh"
fault=$root/tests/fault
command -v python3 >/dev/null || fail "python3 is missing: scripts/setup test installs it"

# collector NAME: starts the collector on GRPC_PORT and HTTP_PORT, made up at first; what arrives is appended to
# $work/NAME.jsonl. Sets COLLECTOR.
collector() {
    GRPC_PORT=${GRPC_PORT:-$(free_port)} HTTP_PORT=${HTTP_PORT:-$(free_port)}
    COLLECTOR_GRPC_PORT=$GRPC_PORT COLLECTOR_HTTP_PORT=$HTTP_PORT COLLECTOR_OUT=$work/$1.jsonl \
        "$OTELCOL" --config "$root/tests/collector/configs/fault.yaml" >>"$work/$1.log" 2>&1 &
    COLLECTOR=$!
    for _ in $(seq 200); do
        ! is_open "$HTTP_PORT" || ! is_open "$GRPC_PORT" || return 0
        kill -0 "$COLLECTOR" 2>/dev/null || break
        sleep 0.05
    done
    fail "the collector does not start: $(tail -n 3 "$work/$1.log")"
}

# end_collector [SIGNAL]
end_collector() {
    kill "-${1:-TERM}" "$COLLECTOR"
    wait "$COLLECTOR" 2>/dev/null || true
}

# hostile BEHAVIOUR [ARGUMENT...]: starts that receiver. Sets HOSTILE_PORT.
hostile() {
    : >"$work/hostile"
    python3 "$fault/hostile.py" "$@" >"$work/hostile" 2>"$work/hostile.err" &
    for _ in $(seq 200); do
        HOSTILE_PORT=$(sed -n 's/^port //p' "$work/hostile")
        [ -z "$HOSTILE_PORT" ] || return 0
        sleep 0.05
    done
    fail "the hostile receiver does not start: $(tail -n 1 "$work/hostile.err")"
}

# yaml FILE TEXT: a configuration that nobody else can write.
yaml() {
    printf '%s\n' "$2" >"$work/$1"
    chmod 600 "$work/$1"
}

# bot STEP...: what it printed stands in $work/steps, what patter said in $work/said.
bot() {
    "$TESTS/fault-bot" "$@" >"$work/steps" 2>"$work/said" || fail "fault-bot: exit code $?: $(tail -n 3 "$work/said")"
    ! grep -q Sanitizer "$work/said" || fail "$(grep -m 3 Sanitizer "$work/said")"
}

# look [OPTION...] FILTER: of the list of steps.
look() { jq -s "$@" "$work/steps"; }

# expect FILTER MESSAGE: the steps pass the filter.
expect() { jq -s -e "$1" "$work/steps" >/dev/null || fail "$2: $(cat "$work/steps")"; }

# The counters of every `books`: nothing has vanished without a count.
expect_balance() {
    expect 'all(.[] | select(.step == "books"); .started == .live + .ended and
        all(.exporters[]; .entered + .recovered == .waiting + .exported + .dropped and .dropped == (.reasons | add // 0)))' \
        "the books do not balance"
}

# arrived NAME [LEDGER]: what a collector has of the bot's ledger stands in $work/NAME.
arrived() {
    python3 "$fault/check.py" "$work/${2:-ledger}" "$work/$1.jsonl" >"$work/$1" || fail "check.py: exit code $?"
}

# expect_arrived NAME FILTER MESSAGE
expect_arrived() { jq -e "$2" "$work/$1" >/dev/null || fail "$3: $(cat "$work/$1")"; }

# start_bot STEP..., then wait_for_bot: as bot, which meanwhile runs on.
start_bot() {
    bot "$@" &
    BOT=$!
}
wait_for_bot() { wait "$BOT" || exit 1; }

# send_left [FILE]: the next start of a bot with storage sends what the last ones left; its steps stand in $work/steps.
send_left() {
    bot init "$work/${1:-patter.yaml}" drain 60 shutdown 5000 books
    expect_balance
    expect '.[-1].exporters | all(.waiting == 0 and .dropped == 0)' "what was stored is not sent"
}

# patter's share of the record is whole: what did not arrive is what the counters say, and what came twice are requests
# that were unanswered when the connection was cut, CUTS times.
expect_counted() { # NAME EXPORTER CUTS
    local dropped
    dropped=$(look "map(select(.step == \"books\"))[-1].exporters[] | select(.name == \"$2\").dropped")
    expect_arrived "$1" ".lost == $dropped" "$dropped spans are counted as dropped"
    expect_arrived "$1" '.garbled == 0 and .unknown == 0 and .may_have_ended == 0' "spans have changed"
    expect_arrived "$1" ".stray_doubles == 0 and .batches_twice <= 4 * $3" "spans came twice without need"
}

# ---- a disk that fails, for a program with LD_PRELOAD=$TESTS/fault-disk.so FAULT_DISK=$faults FAULT_UNDER=FOLDER
faults=$work/faults
mkdir "$faults"
disk_fault() { echo "$2" >"$faults/new" && mv "$faults/new" "$faults/$1"; } # FUNCTION ERROR|SHORT|"WAIT MS"
disk_hits() { stat -c %s "$faults/$1.hits" 2>/dev/null || echo 0; }         # FUNCTION
disk_well() { rm -f "$faults"/*; }
