#!/usr/bin/env bash
# Installs the build into a folder of its own, moves it, and builds a bot and the exporter template
# against it, by CMake and by pkg-config, as a user would.
# Usage: package.sh BUILD-FOLDER TEMPLATE-FOLDER CC CFLAGS
set -euo pipefail
build=$1 template=$2 cc=$3 cflags=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$build/package-test
stage=$work/moved
rm -rf "$work"
mkdir -p "$work"

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$stage" # nothing may remember where it was put at first
libdir=$(dirname "$(find "$stage" -name libpatter.so)")
export PKG_CONFIG_PATH=$libdir/pkgconfig
export PATTER_OTEL_ENABLED=1
unset PATTER_PLUGIN_PATH PATTER_CONFIG

fail() {
    echo "package: $*" >&2
    exit 1
}

[ -x "$stage/bin/patter" ] || fail "no bin/patter"
[ -f "$stage/share/patter/patter.yaml" ] || fail "no share/patter/patter.yaml"
exporters=$(pkg-config --variable=exportersdir patter-exporter)
[ "$(realpath "$exporters")" = "$(realpath "$libdir")/patter/exporters-v1" ] ||
    fail "exportersdir is $exporters"
[ "$(pkg-config --modversion patter)" = "$(pkg-config --modversion patter-exporter)" ] ||
    fail "the versions differ"
if readelf -dW "$stage"/lib*/*.so "$exporters"/*.so | grep -E 'RPATH|RUNPATH'; then
    fail "a library looks for others where it was built"
fi

# By pkg-config and make.
cp -r "$template" "$work/make"
make -s -C "$work/make" CC="$cc" CFLAGS="-Wall -Wextra -Wpedantic -Werror $cflags" LDFLAGS="$cflags"
[ "$(nm -D --defined-only --format=posix "$work/make/patter-csv.so" | cut -d' ' -f1)" = patter_exporter_v1 ] ||
    fail "the template shows more than its one symbol"
# shellcheck disable=SC2046
"$cc" $cflags "$here/bot.c" $(pkg-config --cflags --libs patter) -Wl,-rpath,"$libdir" -o "$work/bot"

# By CMake.
cp -r "$template" "$work/cmake"
cmake -S "$work/cmake" -B "$work/cmake/build" -Dpatter_DIR="$libdir/cmake/patter" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="-Werror $cflags" >/dev/null
cmake --build "$work/cmake/build" >/dev/null
mkdir "$work/bot-by-cmake"
cat >"$work/bot-by-cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(bot LANGUAGES C)
find_package(patter 0.1 REQUIRED)
add_executable(bot $here/bot.c)
target_link_libraries(bot PRIVATE patter::patter)
END
cmake -S "$work/bot-by-cmake" -B "$work/bot-by-cmake/build" -Dpatter_DIR="$libdir/cmake/patter" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="-Werror $cflags" >/dev/null
cmake --build "$work/bot-by-cmake/build" >/dev/null

run() { # BOT FOLDER: the bot, in FOLDER with the patter.yaml from standard input
    (cd "$2" && cat >patter.yaml && chmod 600 patter.yaml && "$1") || fail "$1 failed in $2"
}

arrived() { # FILE: one call and its one span
    [ "$(cut -d, -f2 "$1" | sort | tr '\n' ' ')" = "getpatter.call getpatter.stt " ] ||
        fail "$1 holds: $(cat "$1")"
}

mkdir "$work/by-path" "$work/by-folder" "$work/installed"
run "$work/bot" "$work/by-path" <<END
exporters: {csv: {plugin: $work/cmake/build/patter-csv.so, file: spans.csv}}
END
arrived "$work/by-path/spans.csv"

run "$work/bot-by-cmake/build/bot" "$work/by-folder" <<END
plugin_path: [$work/make]
exporters: {csv: {file: spans.csv}}
END
arrived "$work/by-folder/spans.csv"

make -s -C "$work/make" install
run "$work/bot" "$work/installed" <<END
exporters: {csv: {file: spans.csv}, stdout: {format: line}}
END
arrived "$work/installed/spans.csv"
"$stage/bin/patter" plugins csv | grep -q 'The file that lines are added to' ||
    fail "bin/patter does not find the installed plugin"
