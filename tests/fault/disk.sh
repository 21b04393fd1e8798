#!/usr/bin/env bash
# A disk that fails while the collector is out: the bot goes on at its pace, what is lost is what the counters say, and once
# the disk is well again the next outage loses nothing, without a restart.
# Usage: disk.sh full|vanished|limit|FUNCTION[,FUNCTION...]=EIO|ENOSPC|EROFS|SHORT|"WAIT MS" [start]    start: broken from the start
[ "$1" != full ] || source "$(dirname "$0")/own-view.sh"
source "$(dirname "$0")/support.sh"
need_collector
what=$1 when=${2:-later} rate=30000 hits=0
disk=$work/disk
mkdir -m 700 "$disk"
if [ "$what" = full ]; then
    [ -n "${OWN_VIEW:-}" ] || skip "a disk of its own takes root and a mount namespace"
    mount -t tmpfs -o size=64m,mode=700 none "$disk"
fi

# As `ulimit -f`: beyond it the system sends SIGXFSZ.
limit_files() { prlimit --pid "$(pgrep -P "$BOT" fault-bot)" "--fsize=$1:"; }

break_disk() {
    case $what in
    full) cat /dev/zero >"$disk/filler" 2>/dev/null || true ;;
    vanished) rm -rf "$disk" ;;
    limit) limit_files 65536 ;;
    *) for function in $(tr , ' ' <<<"${what%%=*}"); do disk_fault "$function" "${what#*=}"; done ;;
    esac
}
mend_disk() {
    case $what in
    full) rm "$disk/filler" ;;
    vanished) mkdir -m 700 "$disk" ;;
    limit) limit_files unlimited ;;
    *)
        for function in $(tr , ' ' <<<"${what%%=*}"); do hits=$((hits + $(disk_hits "$function"))); done
        disk_well
        [ "$hits" != 0 ] || fail "${what%%=*} was never called"
        ;;
    esac
}

collector arrived
yaml patter.yaml "storage: {directory: $disk/patter}
buffer: {max_memory: 8MiB}
exporters:
  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\", retry_on_failure: {initial_interval: 100ms, max_interval: 300ms}}"
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
[ "$when" != start ] || break_disk
LD_PRELOAD=$TESTS/fault-disk.so FAULT_DISK=$faults FAULT_UNDER=$disk start_bot ledger "$work/ledger" $((rate * 10)) \
    threads 2 init "$work/patter.yaml" rate $rate 3 drain 30 books say again rate $rate 4 books shutdown 5000 books
sleep 0.3
end_collector
sleep 0.3
[ "$when" = start ] || break_disk
sleep 1
collector arrived
sleep 0.6
mend_disk
until grep -q again "$work/steps" 2>/dev/null; do
    kill -0 "$BOT" 2>/dev/null || break
    sleep 0.1
done
sleep 1.5 # it looks at the disk again
end_collector
sleep 2 # for more than memory holds
collector arrived
wait_for_bot
expect_balance
expect 'map(select(.step == "rate")) | all(.slowest_ms < 1000)' "a span made the bot wait"
expect 'map(select(.step == "books") | .exporters[0].dropped) | .[0] == .[2]' \
    "spans were lost after the disk was mended"
look -r 'map(select(.step == "books"))[-1].exporters[0] | "counted: \(.exported) exported, \(.waiting) stored, \(.dropped) dropped \(.reasons)"'
look -r '"a span took \(map(.slowest_ms // 0) | max) ms at most"'
lost=$(look '.[-1].exporters[0].dropped')
send_left
arrived arrived
expect_arrived arrived ".lost == $lost and .garbled == 0 and .unknown == 0" "$lost spans are counted as dropped"
jq -r --arg what "$what" '"\($what): \(.ended) ended, \(.arrived) arrived, \(.lost) lost, \(.doubles) twice"' "$work/arrived"
[ "$hits" = 0 ] || echo "$hits calls failed"
[ "$what" != full ] || umount "$disk"
