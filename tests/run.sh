#!/usr/bin/env bash
# The whole check, from nothing: format, lints, documentation, then the tests on the default backend and on a system
# OpenBLAS, which is installed if it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

if ! pkg-config --exists openblas 2>/dev/null; then
    step "install OpenBLAS"
    root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libopenblas-dev pkg-config
fi
cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || rustup component add rustfmt clippy

step "format"
cargo fmt --check

step "lints"
cargo clippy --quiet --all-targets --features cli -- --deny warnings
cargo clippy --quiet --features cli,openblas-system -- --deny warnings

step "documentation"
RUSTDOCFLAGS="--deny warnings" cargo doc --quiet --no-deps --features cli

step "tests, default backend"
cargo test --features cli

# The library cuts work into threads itself; a provider that does so too would only compete for the same cores.
# OpenBLAS 0.3.21 takes a processor that is newer than itself for a Prescott. Those kernels are slow, and with them
# single-precision eigenvalue problems fail now and then while others run beside them; with its other kernels they never did.
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
    if grep -qsw avx512f /proc/cpuinfo; then
        export OPENBLAS_CORETYPE=SkylakeX
    elif grep -qsw avx2 /proc/cpuinfo; then
        export OPENBLAS_CORETYPE=Haswell
    fi
fi
step "tests, OpenBLAS"
OPENBLAS_NUM_THREADS=1 cargo test --features cli,openblas-system
