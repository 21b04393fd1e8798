# What the tests of `patter` share. BUILD and SOURCE name the build tree and the source tree.
# TSan sees half of what gRPC and its libraries do to keep their threads apart, and no pthread_clockjoin_np.
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:report_thread_leaks=0
set -u
# The leak checker of gcc 12 may crash on the storage of threads in libraries that are opened later.
export ASAN_OPTIONS=intercept_tls_get_addr=0
here=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$here"' EXIT
cd "$here" || exit 1
failures=0

# The command in an environment of its own: `patter [NAME=VALUE...] ARGUMENT...`. What it prints is in
# $out, its exit code in $code.
patter() {
    local settings=()
    while [[ ${1-} == *=* ]]; do
        settings+=("$1")
        shift
    done
    out=$(env -i PATH="$PATH" HOME="$here" TZ=UTC LC_ALL=C.UTF-8 TSAN_OPTIONS="$TSAN_OPTIONS" \
        ${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS} "${settings[@]}" "$BUILD/bin/patter" "$@" 2>&1)
    code=$?
    out=${out//$BUILD/BUILD}
}

# Ports, ids and times differ from run to run.
settle() {
    out=$(sed -E -e "s/127\.0\.0\.1:${port:-none}/127.0.0.1:PORT/g" -e 's/\b[0-9a-f]{32}\b/TRACE/g' \
        -e 's/in [0-9]+\.[0-9] ms/in N ms/' <<<"$out")
}

fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}

# What was printed must be standard input, the exit code $2; $1 names the case.
expect() {
    local wanted
    wanted=$(cat)
    [ "$code" = "$2" ] || fail "$1: exit code $code, not $2"
    [ "$out" = "$wanted" ] || fail "$1:"$'\n'"$(diff <(echo "$wanted") <(echo "$out"))"
}

# $2 must be in what was printed; $1 names the case.
contains() {
    [[ $out == *"$2"* ]] || fail "$1: not there: $2"$'\n'"$out"
}

# Every problem of patter.yaml here, one a line, must be standard input, and the exit code $2; $1
# names the case, the rest are settings.
problems() {
    local name=$1 wanted_code=$2
    shift 2
    patter "$@" check --json
    out=$(jq -r '.problems[] | .source + (if .line then ":\(.line):\(.column)" else "" end) +
        ": \(.level): \(.text)"' <<<"$out")
    expect "$name" "$wanted_code"
}

# Starts the server that gives one kind of answer; its port is in $port.
serve() {
    [ -z "$server" ] || kill "$server"
    exec 3< <(exec "$BUILD/tests/cli/cli-server" "$1")
    server=$!
    read -r port <&3
}

finish() {
    [ "$failures" = 0 ] || exit 1
}
