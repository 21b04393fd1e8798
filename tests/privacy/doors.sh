#!/usr/bin/env bash
# Opens each door on purpose, one at a time, and expects the canary test to notice: a test that
# cannot fail proves nothing. Usage: doors.sh SOURCE WORK_FOLDER
set -euo pipefail
source=$(realpath "$1")
work=$2/tree
build=$2/build

# What is opened | file | sed expression that opens it
doors='
a denied key                    | core/trace/filter.c   | s/if (!pt_key_verdict(key, &value_class, &choices)) {/value_class = PT_CLASS_ANY; choices = NULL; if (0) {/
a value outside its class       | core/trace/filter.c   | s/enum pt_verdict verdict = pt_class_check(.*/enum pt_verdict verdict = PT_PASS;/
a value that a scanner stops    | core/base/class.c     | s/pt_scan(text) == PT_SCAN_CLEAN ? PT_PASS/1 ? PT_PASS/
a hashed value                  | core/trace/filter.c   | s/return value_class == PT_CLASS_HASHED ? .*/return 0 ? 0/
span and event names            | core/trace/filter.c   | s/if (pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, text) == PT_PASS) {/if (text.len > 0) {/
the call id                     | core/trace/filter.c   | s/if (pt_class_is_call_id(id)) {/if (1) {/
a resource given in code        | core/trace/resource.c | s/if (may_leave(key, value)) {/if (1) {/
the service name                | core/trace/resource.c | s/value->type == PATTER_TEXT \&\& is_service_name(value->as.text)/1/
a parent'"'"'s tracestate           | core/trace/call.c     | s/struct patter_str tracestate = pt_filter_tracestate(.*/struct patter_str tracestate = patter_text(parent->tracestate); (void)thread; (void)buffer;/
a link'"'"'s tracestate             | core/trace/event.c    | s/struct patter_str tracestate = pt_filter_tracestate(.*/struct patter_str tracestate = patter_text(to->tracestate); (void)buffer;/
the key in a log line           | core/record/key.c     | s/!pt_class_is_loggable_key(name)/0/
the key in a resource log line  | core/trace/resource.c | s/!pt_class_is_loggable_key(key)/0/
'

mkdir -p "$work" "$build"
copy() { (cd "$source" && tar cf - --exclude=./build --exclude=./.git --exclude=./.cache .) | tar xmf - -C "$work"; }
make_canary() { cmake --build "$build" --target privacy-leaks patter-stdout patter-otlp-http >"$build/log" 2>&1; }

copy
cmake -S "$work" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DPATTER_EXAMPLES=OFF >"$build/log"
make_canary || { cat "$build/log"; exit 1; }
"$build/tests/privacy-leaks" >/dev/null || { echo "the canary test fails with every door shut"; exit 1; }

failed=0
count=0
while IFS='|' read -r what file open; do
  [ -n "${file// /}" ] || continue
  what=$(echo "$what" | sed 's/ *$//')
  file=${file// /}
  open=${open# }
  sed -i "$open" "$work/$file"
  if cmp -s "$source/$file" "$work/$file"; then
    echo "FAILED: $what: nothing in $file matches; write the door anew"
    failed=1
  elif ! make_canary; then
    echo "FAILED: $what: does not compile"
    tail -n 20 "$build/log"
    failed=1
  elif "$build/tests/privacy-leaks" >/dev/null 2>"$build/said"; then
    echo "FAILED: $what: opened, and the canary test did not notice"
    failed=1
  else
    echo "noticed: $what ($(head -n 1 "$build/said"))"
  fi
  cp "$source/$file" "$work/$file"
  count=$((count + 1))
done <<<"$doors"
echo "$count doors opened"
exit $failed
