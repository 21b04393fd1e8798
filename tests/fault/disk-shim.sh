#!/usr/bin/env bash
# The preloaded disk faults happen where they are asked for, and nowhere else.
source "$(dirname "$0")/support.sh"
mkdir "$work/disk" "$work/other"
trial() { # FOLDER PYTHON: what it prints, or the error's name
    LD_PRELOAD=$TESTS/fault-disk.so FAULT_DISK=$faults FAULT_UNDER=$work/disk python3 - "$work/$1/file" <<END
import ctypes, errno, os, sys
def parts(name):  # os.pwritev() is pwritev2()
    bytes = ctypes.create_string_buffer(8)
    at = ctypes.addressof(bytes)
    count = ctypes.CDLL(None, use_errno=True)[name](file, (ctypes.c_long * 4)(at, 4, at + 4, 4), 2, ctypes.c_long(0))
    if count < 0:
        raise OSError(ctypes.get_errno(), name)
    return count
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
try:
    print($2)
except OSError as error:
    print(errno.errorcode[error.errno])
END
}
check() { # FOLDER PYTHON EXPECTED
    local found
    found=$(trial "$1" "$2")
    [ "$found" = "$3" ] || fail "$2 in $1: $found, not $3"
}

for call in "pwrite:os.pwrite(file, b'12345678', 0)" "pwritev:parts('pwritev')" \
    "pread:len(os.pread(file, 8, 0))" "preadv:parts('preadv')"; do
    disk_fault "${call%%:*}" EIO
    check disk "${call#*:}" EIO
    check other "os.pwrite(file, b'12345678', 0)" 8
    disk_fault "${call%%:*}" SHORT
    check disk "${call#*:}" 4
    disk_well
    check disk "${call#*:}" 8
done
for call in "posix_fallocate:os.posix_fallocate(file, 0, 100)" "ftruncate:os.ftruncate(file, 50)" "fsync:os.fsync(file)"; do
    disk_fault "${call%%:*}" ENOSPC
    check disk "${call#*:}" ENOSPC
    [ "$(disk_hits "${call%%:*}")" = 1 ] || fail "${call%%:*} was hit $(disk_hits "${call%%:*}") times"
    disk_well
    check disk "${call#*:}" None
done
echo "seven functions fail, fall short and recover"
