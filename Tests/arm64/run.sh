#!/bin/sh
# Cross-compiles the kernels for arm64 and runs their golden vectors under qemu-user. Prints why, and succeeds, where a tool is missing.
# Needs (Debian): gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user, and clang (the Swift toolchain has one).
# With --native it builds for this processor instead, statically, and passes the other arguments on (--time prints speeds).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernels=$here/../../Sources/CKernels
build=${DUCTUS_BUILD:-$(mktemp -d)}
clang=${CLANG:-clang}
flags="-O2 -Wall -Werror -I$kernels/include -I$here"

skip() {
    echo "skipped: $1"
    exit 0
}

command -v "$clang" >/dev/null || skip "no clang"
if [ "${1:-}" = --native ]; then
    shift
    $clang $flags -static "$kernels"/*.c "$here/check.c" -lm -o "$build/kernels-check"
    exec "$build/kernels-check" "$@"
fi
command -v aarch64-linux-gnu-gcc >/dev/null || skip "no aarch64-linux-gnu-gcc (package gcc-aarch64-linux-gnu)"
[ -d /usr/aarch64-linux-gnu/include ] || skip "no headers for arm64 (package libc6-dev-arm64-cross)"
command -v qemu-aarch64 >/dev/null || skip "no qemu-aarch64 (package qemu-user)"

# clang compiles, the cross gcc knows where its C library lies and links.
for source in "$kernels"/*.c "$here/check.c"; do
    $clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include $flags -c "$source" -o "$build/$(basename "$source" .c).o"
done
aarch64-linux-gnu-gcc -static "$build"/*.o -lm -o "$build/kernels-check-arm64"
exec qemu-aarch64 "$build/kernels-check-arm64" "$@"
