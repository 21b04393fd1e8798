#!/usr/bin/env bash
# Who may include whom: rooms of the core in one direction, each third-party header in one file.
# Usage: includes.sh SOURCE-FOLDER
set -euo pipefail
cd "$1"
failed=0

complain() {
    echo "$*" >&2
    failed=1
}

# A folder, and the rooms of the core that its files may include (its own is always allowed).
rooms='base:
record:base
trace:base record
storage:base record
pipeline:base record storage
config:base
plugin:base config'

while IFS=: read -r room allowed; do
    while IFS=: read -r file _ line; do
        to=$(sed -n 's/.*"core\/\([a-z]*\)\/.*/\1/p' <<<"$line")
        case " $room $allowed " in
        *" $to "*) ;;
        *) complain "$file: $line: core/$room may include $room $allowed" ;;
        esac
    done < <(grep -rnE '#include "' "core/$room")
done <<<"$rooms"

outside() { # FOLDER PATTERN WHAT: no file below FOLDER may include what matches PATTERN
    local hits
    hits=$(grep -rnE "#include $2" "$1" || true)
    [ -z "$hits" ] || complain "$hits"$'\n'"$1 may not include $3"
}

outside include '("|<(core|plugins)/)' 'anything of ours but <patter/...>'
outside plugins '"(core|cli|tests)/' 'core, cli or tests'
outside plugins '<patter/(patter|propagate|testing)\.h>' 'anything of ours but <patter/exporter.h>'
outside core '"(plugins|cli|tests|examples)/' 'what stands on it'
outside examples '"(core|plugins|cli|tests)/' 'what is not public'
for plugin in plugins/*/; do
    for other in plugins/*/; do
        [ "$plugin" = "$other" ] || [ "$other" = plugins/otlp/ ] ||
            outside "$plugin" "\"$other" "another plugin's files"
    done
done

only_in() { # PATTERN FILE...: only these files include what matches PATTERN
    local pattern=$1 found
    shift
    found=$(grep -rlE "#include <($pattern)" core plugins cli | sort | tr '\n' ' ')
    for file in $found; do
        case " $* " in
        *" $file "*) ;;
        *) complain "$file includes <$pattern...>, which only $* may" ;;
        esac
    done
    [ "$found" ] || complain "nobody includes <$pattern...>: correct $0"
}

only_in 'yaml\.h' core/config/yaml.c
only_in 'dlfcn\.h|link\.h' core/plugin/loader.c
only_in 'xxhash\.h' core/storage/block.c
only_in 'openssl/(hmac|sha|evp)' core/base/hash.c
only_in 'openssl/(pem|x509|err)' plugins/otlp/pem.c
only_in 'openssl/crypto' plugins/otlp/crypto.c
only_in 'curl/' plugins/otlp-http/transfer.c
only_in 'zlib\.h' plugins/otlp/gzip.c
only_in '.*\.pb-c\.h|protobuf-c/' plugins/otlp/response.c plugins/otlp/encode.c
exit $failed
