#!/usr/bin/env bash
# A backend that is down is left, while spans wait for it in storage.
# Usage: moved.sh reload     for another, by a reload: what was owed is kept past max_elapsed_time, and the next start sends it
#                            to the one that has come
#        moved.sh removed    at a restart, for none: what was owed is dropped, told and counted
#        moved.sh none       at a restart without any exporter: what was owed waits
source "$(dirname "$0")/support.sh"
need_collector
collector arrived
head="storage: {directory: $work/spool}
exporters:"
old="
  otlp-http/old: {endpoint: \"http://127.0.0.1:$(free_port)\", retry_on_failure: {initial_interval: 100ms, max_elapsed_time: 1s}}"
new="
  otlp-http/new: {endpoint: \"http://127.0.0.1:$HTTP_PORT\"}"
yaml new.yaml "$head$new"
mkdir -m 700 "$work/spool"

case "$1" in
reload)
    yaml patter.yaml "$head$old"
    "$TESTS/fault-bot" hup ledger "$work/ledger" 10000 init "$work/patter.yaml" burst 2000 say owed sleep 4 burst 1000 \
        drain 1 shutdown 2000 books >"$work/steps" 2>"$work/said" &
    bot=$!
    until grep -q owed "$work/steps" 2>/dev/null; do
        kill -0 "$bot" 2>/dev/null || fail "the bot ended by itself: $(tail -n 3 "$work/said")"
        sleep 0.01
    done
    cp -p "$work/new.yaml" "$work/next.yaml"
    mv "$work/next.yaml" "$work/patter.yaml"
    kill -HUP "$bot"
    wait "$bot" || fail "exit code $?: $(tail -n 3 "$work/said")"
    ;;
removed)
    yaml patter.yaml "$head$old$new"
    bot ledger "$work/ledger" 10000 init "$work/patter.yaml" burst 2000 drain 1 shutdown 2000 books
    ;;
none)
    yaml patter.yaml "$head$old"
    yaml none.yaml "${head%exporters:}"
    bot ledger "$work/ledger" 10000 init "$work/patter.yaml" burst 2000 shutdown 500 books
    ;;
esac
expect_balance
owed=$(look '.[-1].exporters[] | select(.name == "otlp-http/old").waiting')
ended=$(look '.[-1].ended')
expect '.[-1].exporters | all(.dropped == 0)' "something was dropped"
[ "$owed" -ge 2000 ] || fail "$owed spans are owed: $(cat "$work/steps")"

[ "$1" != none ] || OTEL_TRACES_EXPORTER=none bot init "$work/none.yaml" shutdown 500
bot init "$work/new.yaml" drain 60 shutdown 5000 books
expect_balance
if [ "$1" = removed ]; then
    expect ".[-1].exporters[] | select(.name == \"(ended)\") | .recovered == $owed and .reasons == {exporter_removed: $owed}" \
        "what was dropped is not counted"
    grep -q "$owed spans dropped: they waited for exporters that patter.yaml names no longer" "$work/said" ||
        fail "it is not told: $(cat "$work/said")"
else
    expect '.[-1].exporters | all(.dropped == 0)' "what was owed was dropped"
fi
"$BIN/patter" storage ls --directory "$work/spool" | grep -q "nothing is stored" || fail "something is left"
arrived arrived
expect_arrived arrived ".arrived == $ended and .doubles == 0 and .garbled == 0" "not every span came, or not once"
echo "$1: $owed of $ended spans were owed to a backend that was left"
