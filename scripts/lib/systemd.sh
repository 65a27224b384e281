# shellcheck shell=bash
# A machine of its own for the package: this one's root folder, with a writable layer in memory, booted by systemd-nspawn.
# After console.sh, in the repository's root.

# test_under_systemd PACKAGE: boots, has Tests/Systemd/inside.sh run there, and shows what it says.
#
# When the first process of the namespace dies, so do all others, and the mounts go.
test_under_systemd() {
    local package=$1 limit=420 folder status=0
    ((EUID == 0)) || fail "--systemd boots a container: run it as root"
    command -v systemd-nspawn >/dev/null || fail "systemd-nspawn is missing (Debian package systemd-container)"
    folder=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$folder'" EXIT
    mkdir "$folder"/{machine,test}
    make_next_package "$package" "$folder/test/next"
    cp "$package" "$folder/test/package.deb"
    cp Tests/Systemd/*.sh README.md docs/OPERATING.md docs/picture.jpg "$folder/test/"
    timeout --signal=KILL "$limit" unshare --mount --pid --fork --kill-child --mount-proc \
        bash Tests/Systemd/boot.sh "$folder/machine" "$folder/test" </dev/null >"$folder/console" 2>&1 || status=$?
    [[ ! -e $folder/test/log ]] || cat "$folder/test/log"
    if [[ ! -e $folder/test/passed ]]; then
        say "The container's console:"
        tail -n 40 "$folder/console"
        ((status != 137)) || say "It was ended after $limit s."
        fail "the test under systemd failed"
    fi
}

# The same package as a later version, for an upgrade.
make_next_package() {
    local package=$1 folder=$2
    dpkg-deb --raw-extract "$package" "$folder"
    sed -i 's/^Version: .*/&+next/' "$folder/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$folder" "$folder.deb" >/dev/null
    rm -r "$folder"
}
