#!/usr/bin/env bash
# Builds the collector that the tests beside this one send to, unless it is there.
source "$(dirname "$0")/support.sh"
code=0
"$here/../collector/build" "$OTELCOL" >"$work/log" 2>&1 || code=$?
if [ $code != 0 ]; then
    tail -n 5 "$work/log"
    skip "the collector cannot be built here"
fi
"$OTELCOL" --version
