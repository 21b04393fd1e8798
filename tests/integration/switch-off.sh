#!/usr/bin/env bash
# With the switch off nothing is opened, loaded or started: between two marks that the program writes, before init
# and after shutdown, there is no system call at all. With it on there are: the proof can fail.
source "$(dirname "$0")/support.sh"
exporters "  stdout: {format: line}"
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"

# Prints the system calls between the marks.
between_marks() {
    ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$work/calls" "$TESTS/switch-off" >/dev/null || fail "exit code $?"
    sed -n '/write(.*begin-mark/,/write(.*end-mark/p' "$work/calls" | grep -v -e begin-mark -e end-mark || true
}

for value in "" 0 no on 2 false; do
    [ -z "$value" ] && unset PATTER_OTEL_ENABLED || export PATTER_OTEL_ENABLED=$value
    between_marks >"$work/off"
    [ "$(grep -c mark "$work/calls")" = 2 ] || fail "the marks are missing"
    [ ! -s "$work/off" ] || fail "with PATTER_OTEL_ENABLED=$value:"$'\n'"$(head -n 20 "$work/off")"
done
export PATTER_OTEL_ENABLED=YES
between_marks >"$work/on"
for wanted in 'openat(.*patter\.yaml' 'openat(.*patter-stdout\.so' 'clone'; do
    grep -q "$wanted" "$work/on" || fail "with PATTER_OTEL_ENABLED=YES there is no $wanted"
done
echo "off: no system call between the marks; on: $(wc -l <"$work/on")"
