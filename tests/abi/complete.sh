#!/usr/bin/env bash
# Every struct of the public headers stands in the tables, and the frozen headers say what the tables say.
# Usage: complete.sh SOURCE-FOLDER
set -euo pipefail
cd "$1"
structs=$(sed -n 's/^struct \(patter_[a-z_]*\) {$/\1/p' include/patter/*.h | sort)
tabled=$(sed -n 's/^SIZE(\(patter_[a-z_]*\),.*/\1/p' tests/abi/*.inc | sort)
if ! diff <(echo "$structs") <(echo "$tabled"); then
    echo "a public struct (<) stands in no table of tests/abi, or a table's (>) is gone" >&2
    exit 1
fi
constants=$(grep -hoE '\bPATTER_[A-Z_]+ = -?[0-9]+' include/patter/*.h | sed 's/ = /, /' | sort)
tabled=$(sed -n 's/^CONSTANT(\(.*\))$/\1/p' tests/abi/*.inc | sort)
if ! diff <(echo "$constants") <(echo "$tabled"); then
    echo "a public constant (<) stands in no table of tests/abi, or a table's (>) is gone" >&2
    exit 1
fi
