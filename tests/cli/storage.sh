#!/usr/bin/env bash
# `patter storage`: what waits on disk, and the end of what nobody will send.
. "$(dirname "$0")/support.sh"
journal="$BUILD/tests/cli/cli-journal"

# Sizes, ages and names differ from run to run.
settle_storage() {
    out=$(sed -E -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/' -e 's/pid [0-9]+/pid PID/' \
        -e 's/[0-9]+ s old/N s old/' -e 's/[0-9]+ in rings/N in rings/' \
        -e 's/[0-9]+\.[0-9] MiB/N MiB/g' -e 's/log [0-9]+\.[0-9] of/log N of/' -e "s#$here#HERE#g" <<<"$out")
}

patter storage
expect 'no directory' 1 <<'E1'
patter storage: there is no `storage: {directory}` in any file (none was read); name the directory with --directory
E1
patter storage ls --directory "$here/none"
settle_storage
expect 'a directory that is not there' 1 <<'E1'
patter: storage.directory HERE/none: No such file or directory; the first start with that directory makes it
E1

printf 'storage: {directory: %s}\nexporters: {stdout: }\n' "$here/spool" >patter.yaml
mkdir -m 0700 spool
patter storage ls
settle_storage
expect 'an empty directory' 0 <<'E1'
HERE/spool: nothing is stored
E1

dead=$("$journal" spool 10 4 </dev/null)
exec 5> >(exec "$journal" spool 7 0 >live)
for _ in {1..200}; do
    [ ! -s live ] || break
    sleep 0.05
done
patter storage
settle_storage
expect 'one that is dead, one that lives' 0 <<'E1'
UUID  orphan (pid PID), N s old
  10 spans, log N MiB, N MiB set aside
  stdout                                10 pending
  otlp-http                             6 pending
UUID  live (pid PID), N s old
  7 spans, log N of N MiB, N MiB set aside
  stdout                                7 pending
  otlp-http                             7 pending
E1
patter storage ls --json
out=$(jq -c '.[] | [.journal == $dead, .state, .spans, .pending, .idle_s < 600, .bytes > .log_bytes,
    .log_bytes > 500, .log_max_bytes]' --arg dead "$dead" <<<"$out")
expect 'ls --json' 0 <<'E1'
[true,"orphan",10,{"stdout":10,"otlp-http":6},true,true,true,null]
[false,"live",7,{"stdout":7,"otlp-http":7},true,true,true,201326592]
E1

# One that another process has adopted is that one's to send.
adopted=$("$journal" spool 3 0 </dev/null)
exec 6<>"spool/$adopted/lock" && flock -n 6 && echo 123 >"spool/$adopted/lock"
patter storage ls --json
pid=$(jq --arg adopted "$adopted" '.[] | select(.journal == $adopted).pid' <<<"$out")
out=$(jq -c --arg adopted "$adopted" '.[] | select(.journal == $adopted) | [.state, .holder_pid]' <<<"$out")
expect 'ls --json, one that is adopted' 0 <<<'["adopted",123]'
patter storage ls
contains 'one that is adopted' "$adopted  being sent by pid 123 (left by pid $pid), "
: >"spool/$adopted/lock"
patter storage ls
contains 'one that is adopted by nobody knows whom' "$adopted  being sent by another process (left by pid $pid), "
exec 6>&-
patter storage ls
contains 'one that is let go of' "$adopted  orphan (pid $pid), "
rm -r "spool/$adopted"

mkdir -m 0700 other
"$journal" other 10 10 </dev/null >/dev/null
printf 'storage: {directory: %s}\nexporters: {stdout: {format: line}}\n' "$here/other" >other.yaml
patter "PATTER_PLUGIN_PATH=$BUILD/plugins" storage send --config other.yaml
[ "$(grep -c getpatter.call.id <<<"$out")" = 10 ] || fail "send: not ten spans: $out"
out=$(tail -n 1 <<<"$out")
expect 'send' 0 <<'E1'
stdout: 10 spans sent, 0 dropped, 0 stay
E1
[ -z "$(ls other)" ] || fail 'send: what was sent is there still'
"$journal" other 10 10 </dev/null >/dev/null
out=$(env -i PATH="$PATH" ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} "$BUILD/bin/patter" storage send --json \
    --config other.yaml 2>beside)
code=$?
expect 'send --json' 0 <<<'[{"exporter":"stdout","sent":10,"dropped":0,"stay":0}]'
[ "$(grep -c getpatter.call.id beside)" = 10 ] || fail "send --json: not ten spans: $(cat beside)"
"$journal" other 10 4 </dev/null >/dev/null
patter "PATTER_PLUGIN_PATH=$BUILD/plugins" storage send --config other.yaml
out=$(grep -v getpatter.call.id <<<"$out")
out=${out//$here/HERE}
expect 'send, with an exporter less' 1 <<'E1'
patter: warning: storage.directory HERE/other: 6 spans dropped: they waited for exporters that patter.yaml names no longer, and none has taken their place
stdout: 10 spans sent, 0 dropped, 0 stay
(ended): 0 spans sent, 6 dropped, 0 stay
E1

# What a process that died had in its rings, and its calls that were open, are there to be sent, too.
mkdir -m 0700 crashed
printf 'storage: {directory: %s}\nbatch: {schedule_delay: 1h}\nexporters: {stdout: {format: line}}\n' \
    "$here/crashed" >crashed.yaml
env -i PATTER_OTEL_ENABLED=1 PATTER_CONFIG=crashed.yaml PATTER_PLUGIN_PATH="$BUILD/plugins" \
    ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} "$BUILD/tests/cli/cli-crash" 2 12 || fail 'no process that dies'
for look in first second; do # looking moves nothing
    patter storage ls --config crashed.yaml
    settle_storage
    expect "ls of what a crash left, $look" 0 <<'E1'
UUID  orphan (pid PID), N s old
  24 spans (N in rings), 2 open calls, log N MiB, N MiB set aside
  stdout                                26 pending
E1
done
patter storage purge --config crashed.yaml --json
out=$(jq -c '.[] | [.spans, .in_rings > 0, .open_calls, .pending]' <<<"${out#*$'\n'}")
expect 'purge of what a crash left' 1 <<'E1'
[24,true,2,{"stdout":26}]
E1
sed -i /schedule_delay/d crashed.yaml
patter "PATTER_PLUGIN_PATH=$BUILD/plugins" storage send --config crashed.yaml
[[ $out == *'stdout: 26 spans sent, 0 dropped, 0 stay' ]] || fail "send of what a crash left: $out"

patter storage purge
settle_storage
expect 'purge asks first' 1 <<'E1'
patter storage: nothing was removed; add --yes to remove 1 journal with 10 spans for good
UUID  orphan (pid PID), N s old, would be removed
  10 spans, log N MiB, N MiB set aside
  stdout                                10 pending
  otlp-http                             6 pending
UUID  live (pid PID), N s old, stays: its process lives
  7 spans, log N of N MiB, N MiB set aside
  stdout                                7 pending
  otlp-http                             7 pending
E1
patter storage purge --yes --older-than 1h
settle_storage
expect 'purge of what is old' 0 <<'E1'
UUID  orphan (pid PID), N s old, stays: it was written to less than --older-than ago
  10 spans, log N MiB, N MiB set aside
  stdout                                10 pending
  otlp-http                             6 pending
UUID  live (pid PID), N s old, stays: its process lives
  7 spans, log N of N MiB, N MiB set aside
  stdout                                7 pending
  otlp-http                             7 pending
E1
[ -d "spool/$dead" ] || fail 'purge --older-than: it is gone'
patter storage purge --yes --json
out=$(jq -c '.[] | [.journal == $dead, .purge]' --arg dead "$dead" <<<"$out")
expect 'purge' 0 <<'E1'
[true,"removed"]
[false,"stays: its process lives"]
E1
[ ! -d "spool/$dead" ] || fail 'purge: it is there still'
[ -d "spool/$(cat live)" ] || fail 'purge: it took the journal of a process that lives'

broken=$("$journal" spool 3 0 </dev/null)
: >"spool/$broken/origin"
patter storage ls --json
out=$(jq -r '.[] | .state' <<<"$out" | sort)
expect 'one that is broken' 0 <<'E1'
broken
live
E1
patter storage purge --yes >/dev/null
[ ! -d "spool/$broken" ] || fail 'purge: a broken one stays'
exec 5>&-

chmod 0755 spool
patter storage ls
settle_storage
expect 'a directory that others may enter' 1 <<E1
patter: others than its owner may enter storage.directory HERE/spool (user $(id -u), mode 0755); run \`chmod 0700 HERE/spool\`
E1
: >spool/passwd
patter storage ls
settle_storage
expect 'a directory that is not patter'"'"'s alone' 1 <<E1
patter: storage.directory HERE/spool is not patter's alone, and others than its owner may enter it (user $(id -u), mode 0755); name a folder of its own, such as HERE/spool/patter
E1

patter storage lss
expect 'no such action' 2 <<'E1'
patter storage: it can `ls`, `send` and `purge`, not `lss`; usage: patter storage [OPTION...] [ls|send|purge] (see --help)
E1
patter storage ls --yes
expect 'an option that does not belong' 2 <<'E1'
patter storage: --yes goes with `purge`, not with `ls`; usage: patter storage [OPTION...] [ls|send|purge] (see --help)
E1
patter storage ls --older-than 3h
contains 'another option that does not belong' 'patter storage: --older-than goes with `purge`, not with `ls`; '
patter storage send --directory spool
contains 'send of a directory' 'patter storage: --directory goes with `ls` and `purge`, not with `send`: patter.yaml says where that looks, and where to; '
patter storage purge --older-than soon
expect 'no duration' 2 <<'E1'
patter storage: --older-than takes a duration, as 36h or 90m, not `soon`; usage: patter storage [OPTION...] [ls|send|purge] (see --help)
E1
finish
