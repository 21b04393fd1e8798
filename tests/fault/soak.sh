#!/usr/bin/env bash
# A bot under a steady load, with a collector over HTTP and one over gRPC, and faults at random: a collector is killed,
# ended or stopped for a while, the configuration is reloaded, whole or broken. Beside it bots with storage that are
# killed, one after another, or end by themselves, with a third collector. At the end every span is accounted for at
# each collector, by id, and memory, threads and file descriptors of the steady bot have not grown.
# Usage: soak.sh SECONDS [SPANS_A_SECOND]
source "$(dirname "$0")/support.sh"
need_collector
seconds=$1 rate=${2:-400}
names=(a b mortal) collectors=() http=() grpc=()
declare -A count=([kill]=0 [end]=0 [stop]=0 [reload]=0 [broken]=0 [death]=0)
mortals=0 consumers=4 batch=512

# start NUMBER: that collector, again on its ports.
start() {
    HTTP_PORT=${http[$1]:-} GRPC_PORT=${grpc[$1]:-}
    collector "${names[$1]}"
    http[$1]=$HTTP_PORT grpc[$1]=$GRPC_PORT collectors[$1]=$COLLECTOR
}

configure() { # DELAY: which makes both exporters anew
    yaml next.yaml "buffer: {max_memory: 64MiB}
batch: {schedule_delay: $1}
exporters:
  otlp-http/a: {endpoint: \"http://127.0.0.1:${http[0]}\", retry_on_failure: {initial_interval: 200ms, max_interval: 2s}}
  otlp-grpc/b: {endpoint: \"http://127.0.0.1:${grpc[1]}\", retry_on_failure: {initial_interval: 200ms, max_interval: 2s}}"
    mv "$work/next.yaml" "$work/patter.yaml"
}

# The next of the bots with storage; one that nobody kills lives for 40 s.
start_mortal() {
    mortals=$((mortals + 1))
    "$TESTS/fault-bot" ledger "$work/mortals/$mortals" 20000 threads 4 init "$work/mortal.yaml" rate 400 40 \
        shutdown 5000 >/dev/null 2>>"$work/mortals.said" &
    mortal=$!
}

# Of the bot: KiB of its own, threads, file descriptors.
measure() {
    echo "$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p; s/^Threads:[^0-9]*//p' "/proc/$1/status" | tr '\n' ' ')" \
        "$(ls "/proc/$1/fd" | wc -l)"
}

# The worst of a part of what was measured: COLUMN FIRST LAST, in tenths.
worst() { awk -v c="$1" -v a="$2" -v b="$3" '{ v[NR] = $c } END { for (i = int(NR * a / 10) + 1; i <= NR * b / 10; i++)
    if (v[i] > m) m = v[i]; print m + 0 }' "$work/measured"; }

fault() {
    local which=$((RANDOM % 3)) what
    what=$(shuf -e -n 1 kill end stop reload reload broken death death)
    count[$what]=$((count[$what] + 1))
    case $what in
    kill | end)
        COLLECTOR=${collectors[$which]}
        if [ "$what" = kill ]; then end_collector KILL; else end_collector; fi
        sleep $((RANDOM % 4 + 1))
        start "$which"
        ;;
    stop) # for less than an attempt may last
        kill -STOP "${collectors[$which]}"
        sleep $((RANDOM % 5 + 1))
        kill -CONT "${collectors[$which]}"
        ;;
    reload)
        configure "$((RANDOM % 900 + 100))ms"
        kill -HUP "$bot"
        ;;
    broken)
        cp -p "$work/patter.yaml" "$work/whole.yaml"
        echo "  otlp-http/c: {endpoint: [" >>"$work/patter.yaml"
        kill -HUP "$bot"
        sleep 1
        mv "$work/whole.yaml" "$work/patter.yaml"
        ;;
    death)
        kill -KILL "$mortal" 2>/dev/null || true # it may have ended
        wait "$mortal" 2>/dev/null || true
        ;;
    esac
    kill -0 "$mortal" 2>/dev/null || start_mortal
}

start 0
start 1
start 2
configure 1s
yaml mortal.yaml "batch: {schedule_delay: 200ms, max_export_batch_size: $batch}
storage: {directory: $work/storage}
exporters:
  otlp-http:
    endpoint: \"http://127.0.0.1:${http[2]}\"
    sending_queue: {num_consumers: $consumers}
    retry_on_failure: {initial_interval: 200ms, max_interval: 2s}"
mkdir "$work/mortals"
start_mortal
start_bot hup ledger "$work/ledger" $((rate * seconds * 11 / 10 + 10000)) threads 4 init "$work/patter.yaml" \
    rate "$rate" "$seconds" books flush 60000 books shutdown 5000 books
bot=$(pgrep -P "$BOT")
end=$((SECONDS + seconds - 5))
while [ $SECONDS -lt $end ]; do
    measure "$bot" >>"$work/measured"
    fault
    sleep "0.$((RANDOM % 9 + 1))"
done
wait_for_bot
kill -KILL "$mortal" 2>/dev/null || true
wait "$mortal" 2>/dev/null || true
! grep -q Sanitizer "$work/mortals.said" || fail "$(grep -m 3 Sanitizer "$work/mortals.said")"

arrived a
arrived b
expect_balance
expect 'map(select(.step == "books"))[-1] | (.exporters | map(.entered) | add) == 2 * .ended' "exporters were given more or less than has ended"
dropped=$(look 'map(select(.step == "books"))[-1].exporters | map(.dropped) | add')
retries=$(look 'map(select(.step == "books"))[-1].exporters | map(.retries) | add')
lost=$(($(jq .lost "$work/a") + $(jq .lost "$work/b")))
[ "$lost" = "$dropped" ] || fail "$lost spans did not arrive, $dropped are counted: $(cat "$work/steps" "$work/a" "$work/b")"
for name in a b; do
    expect_arrived $name '.garbled == 0 and .unknown == 0' "spans have changed"
    expect_arrived $name ".stray_doubles == 0 and .batches_twice <= $retries" "spans came twice without need"
done
refused=$(look 'map(select(.step == "reload" and .status != 0)) | length')
[ "$refused" -ge "${count[broken]}" ] || fail "$refused of ${count[broken]} broken files were refused"

reloads=$(look 'map(select(.step == "reload" and .status == 0)) | length')

# Of the bots that died nothing is lost either, and twice came only what was under way when one of the two sides ended.
send_left mortal.yaml
arrived mortal mortals
cuts=$((mortals + count[kill] + count[end] + count[stop]))
expect_arrived mortal '.lost == 0 and .garbled == 0 and .unknown == 0 and .not_abandoned == 0' "the dead bots' spans"
expect_arrived mortal ".doubles <= $((cuts * consumers * batch))" "spans came twice that were not under way"

# What waits during an outage takes memory: in a minute, early and late parts have outages alike.
for column in "1 memory 8192" "2 threads 12" "3 descriptors 12"; do
    read -r number what slack <<<"$column"
    early=$(worst "$number" 0 7) late=$(worst "$number" 7 10)
    [ "$seconds" -lt 60 ] || [ "$late" -le $((early * 5 / 4 + slack)) ] || fail "$what grew: at most $early at first, $late at the end"
    grown+="${grown:+, }$what $early, then $late"
done
echo "$seconds s at $rate/s: $(jq .ended "$work/a") ended; a: $(jq -c '[.arrived, .doubles]' "$work/a"), b: $(jq -c '[.arrived, .doubles]' "$work/b")" \
    "[arrived, twice]; $dropped dropped and counted; collectors killed ${count[kill]}, ended ${count[end]}, stopped ${count[stop]};" \
    "$reloads reloads, ${count[broken]} broken; at most: $grown; $mortals bots with storage, ${count[death]} killed:" \
    "$(jq -c '[.ended, .lost, .doubles, .abandoned]' "$work/mortal") [ended, lost, twice, calls abandoned]"
