#!/usr/bin/env bash
# What the shared objects of a build show and need.
# Usage: symbols.sh LIBPATTER EXPORTERS-FOLDER SANITIZED(yes or empty)
set -euo pipefail
library=$1 exporters=$2 sanitized=${3:-}
failed=0

complain() {
    echo "$*" >&2
    failed=1
}

shown() {
    nm -D --defined-only --format=posix "$1" | cut -d' ' -f1 | sed 's/@.*//'
}

needed() {
    readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        if [ "$sanitized" ]; then grep -vE '^lib(asan|ubsan|tsan)\.' || true; else cat; fi
}

plugins=0
for plugin in "$exporters"/patter-*.so; do
    plugins=$((plugins + 1))
    [ "$(shown "$plugin")" = patter_exporter_v1 ] || complain "$plugin shows:" $(shown "$plugin")
    needed "$plugin" | grep -q libpatter && complain "$plugin links to libpatter"
    readelf -dW "$plugin" | grep -q NODELETE || complain "$plugin is not linked with -z nodelete"
done
[ "$plugins" -gt 0 ] || complain "no plugin in $exporters"

strangers=$(shown "$library" | grep -vE '^patter_' || true)
[ -z "$strangers" ] || complain "$library shows:" $strangers
[ "$(shown "$library" | wc -l)" -gt 20 ] || complain "$library shows too little"

readelf -dW "$library" | grep -q NODELETE || complain "$library is not linked with -z nodelete"

strangers=$(needed "$library" | grep -vE '^(libc\.so\.6|libyaml-0\.so\.2|libcrypto\.so\.3|ld-linux.*)$' || true)
[ -z "$strangers" ] || complain "$library needs:" $strangers

echo "$plugins plugins"
exit $failed
