# What the proofs of the steady state share, on top of the integration tests' own. Sourced by bash.
source "$(dirname "${BASH_SOURCE[0]}")/../integration/support.sh"
DISCARD=${DISCARD:-$root/build/release/bench/patter-discard.so}

# A part that cannot run here; in CI it must.
skip_part() {
    [ "${CI:-}" != true ] || fail "may not be skipped in CI: $*"
    echo "left out: $*"
}
