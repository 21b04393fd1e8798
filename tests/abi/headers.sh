#!/usr/bin/env bash
# Each public header compiles alone, and twice, as C11 and as C++17 without a warning.
# Usage: headers.sh CC CXX HEADER-FOLDER...
set -euo pipefail
cc=$1 cxx=$2
shift 2
flags=(-fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wconversion -Wsign-conversion -Werror)
for folder; do flags+=("-I$folder"); done
tried=0
for header in "$1"/patter/*.h "$2"/patter/*.h; do
    name=patter/$(basename "$header")
    source=$(printf '#include <%s>\n#include <%s>\nextern int alone;\n' "$name" "$name")
    "$cc" -std=c11 "${flags[@]}" -Wstrict-prototypes -x c - <<<"$source"
    "$cxx" -std=c++17 "${flags[@]}" -x c++ - <<<"$source"
    tried=$((tried + 1))
done
echo "$tried headers"
[ "$tried" -ge 6 ]
