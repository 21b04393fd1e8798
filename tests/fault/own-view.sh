# Starts the script that sources it once more, with mounts that nobody else sees, and OWN_VIEW set; where that cannot be had,
# as in a chroot or without root, goes on without. Sourced by bash before all else.
if [ -z "${OWN_VIEW:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
    OWN_VIEW=1 exec unshare --mount --propagation private "$0" "$@"
fi
