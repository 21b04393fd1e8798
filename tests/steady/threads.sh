#!/usr/bin/env bash
# A thousand threads with a call each, all alive at once: none of their spans is dropped, all arrive, and the process never
# has more than 100 MiB; then thousands of short threads, one after another, do not make it grow.
source "$(dirname "$0")/support.sh"
need_collector
start_collector counting arrived
exporters "  otlp-http: {endpoint: \"http://127.0.0.1:$HTTP_PORT\"}"
bot threads 1000
expect '.ended == 5000 * 41' "not every span has ended"
none_lost "$((5000 * 41))"
expect '.peak_kib <= 100 * 1024' "a thousand threads take too much"
expect '.after_kib - .before_kib <= 1024' "short threads make memory grow"
jq -r '"\(.peak_kib) KiB at most; \(.before_kib) KiB before and \(.after_kib) KiB after 3000 short threads"' "$work/printed"
