#!/bin/sh
# Proof that a bare Debian machine with only git and make is enough.
#
# Usage: check_bare_root.sh SUITE [TARGET...]       (as root; default targets: check demo)
#   SUITE      bookworm (Debian 12) or trixie (Debian 13)
#   ROOTS=DIR  where roots are kept (default build/roots); a missing one is made
#              with debootstrap, a kept one is copied and never changed
#   MIRROR=URL what debootstrap fetches from (default: its own)
#   DATA=FILE  handed to make; copied into the root
#
# A fresh copy of the root gets a clone of this repository's HEAD and nothing
# else; each target then runs in it through chroot, first to last.
set -eu

suite=${1:?usage: check_bare_root.sh SUITE [TARGET...]}
shift
[ $# -gt 0 ] || set -- check demo
[ "$(id -u)" -eq 0 ] || {
    echo "check_bare_root: chroot needs root" >&2
    exit 2
}

source=$(git -C "$(dirname -- "$0")" rev-parse --show-toplevel)
roots=${ROOTS:-$source/build/roots}
pristine=$roots/$suite
run=$roots/$suite.run

section() {
    printf '\n== %s: %s\n' "$suite" "$*"
}

unmount() {
    for point in dev proc; do
        if mountpoint -q "$run/$point"; then umount -R -l "$run/$point"; fi
    done
    return 0
}

if [ ! -d "$pristine" ]; then
    section "debootstrap"
    mkdir -p "$roots"
    debootstrap --variant=minbase --include=git,make,ca-certificates \
        "$suite" "$pristine.part" ${MIRROR:+"$MIRROR"}
    mv "$pristine.part" "$pristine"
fi

section "a fresh copy of the root"
unmount
rm -rf "$run"
cp -a "$pristine" "$run"
for file in /etc/resolv.conf /etc/hosts; do
    cp "$file" "$run/etc/"
done
trap unmount EXIT
mount -t proc proc "$run/proc"
mount --rbind /dev "$run/dev" 2>/dev/null || mount --bind /dev "$run/dev"
mount --make-rslave "$run/dev"

section "a clone of $(git -C "$source" rev-parse --short HEAD)"
git clone -q --no-hardlinks "$source" "$run/srv/tallystick"
data=
if [ -n "${DATA:-}" ]; then
    cp "$DATA" "$run/srv/"
    data=DATA=/srv/$(basename "$DATA")
fi

for target in "$@"; do
    section "make $target $data"
    started=$(date +%s)
    # shellcheck disable=SC2086  # no DATA means no word at all
    chroot "$run" /usr/bin/env -i HOME=/srv TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        make -C /srv/tallystick "$target" $data
    section "make $target succeeded in $(($(date +%s) - started)) s"
done
