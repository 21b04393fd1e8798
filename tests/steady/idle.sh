#!/usr/bin/env bash
# An idle process has no wake-ups: in 10 s without spans no thread but the bot's own, which wakes at their end, calls the
# system. stdout, otlp-http and otlp-grpc are connected and have sent.
# Usage: idle.sh [SECONDS]
source "$(dirname "$0")/support.sh"
need_collector
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
start_collector counting arrived
exporters "  stdout: {format: line}
  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\"}
  otlp-grpc: {endpoint: \"127.0.0.1:$GRPC_PORT\", tls: {insecure: true}}"

strace -ff -ttt -qq --signal=none -o "$work/calls" "$TESTS/steady-shapes" idle "${1:-10}" >"$work/printed" ||
    fail "exit code $?"
tail -n 1 "$work/printed" | jq -e '[.exporters[].exported] == [82, 82, 82]' >/dev/null ||
    fail "not every exporter has sent 82 spans: $(tail -n 1 "$work/printed")"
main=$(grep -l 'idle-begin' "$work"/calls.*)
begin=$(sed -n '/"idle-begin"/s/ .*//p' "$main")
end=$(sed -n '/"idle-end"/s/ .*//p' "$main")

# Of each other thread: its name, and what it called between the marks. gRPC's core (1.51) has two threads that look at
# their timers once a second, whether there are timers or not, and polls its sockets every five seconds; no argument of a
# channel stops that, so its threads are told apart by the names that it gives them.
threads=0
touch "$work/patter" "$work/grpc"
for calls in "$work"/calls.*; do
    [ "$calls" != "$main" ] || continue
    threads=$((threads + 1))
    name=$(sed -n 's/.*prctl(PR_SET_NAME, "\([^"]*\)".*/\1/p' "$calls" | tail -n 1)
    case $name in
    grpc_global_tim* | timer_manager | event_engine | default-execut* | resolver-execut*) whose=grpc ;;
    *) whose=patter ;;
    esac
    awk -v begin="$begin" -v end="$end" -v name="${name:-unnamed}" \
        '$1 > begin && $1 < end { $1 = ""; print name ":" $0 }' "$calls" >>"$work/$whose"
done
[ "$threads" -ge 10 ] || fail "strace saw $threads threads"
[ ! -s "$work/patter" ] || fail "$(wc -l <"$work/patter") system calls while idle: $(head -n 20 "$work/patter")"
echo "${1:-10} s idle: no system call by any of $threads threads besides the bot's own, but for" \
    "$(wc -l <"$work/grpc") by the timer threads of gRPC's core"
