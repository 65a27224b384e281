# shellcheck shell=bash
# What scripts/package does, after console.sh, in the repository's root.

# The executables that users call, and those that only programs do.
package_products() {
    printf '%s\n' bucketd
    # The client, in a checkout that has it.
    [[ ! -d Sources/bucketctl ]] || printf '%s\n' bucketctl
}
package_helpers() { printf '%s\n' bucketd-thumbnail; }

package_build() {
    local scratch=$1
    shift
    # Libraries are looked for where the distribution has them, and not where this machine has Swift.
    swift build -c release --static-swift-stdlib -Xswiftc -no-toolchain-stdlib-rpath --scratch-path "$scratch" "$@"
}

# Release programs, with Swift's runtime in them.
package_programs() {
    local scratch=$1 product
    for product in $(package_products) $(package_helpers); do
        package_build "$scratch" --product "$product"
    done
}

package_version() {
    sed -n 's/.*current = "\(.*\)".*/\1/p' Sources/bucketd/Version.swift
}

# Lays what is to be packed into a folder, with the packaging's own files in its debian/.
package_tree() {
    local scratch=$1 tree=$2 binaries product version stamp shell
    binaries=$(package_build "$scratch" --show-bin-path)
    version=$(package_version)
    # The same content at any time: the date is that of the commit.
    stamp=$(git log -1 --format=%ct 2>/dev/null) || stamp=$(date +%s)
    rm -rf "$tree"
    mkdir -p "$tree"/{programs,helpers,manuals,completions/bash,completions/zsh,completions/fish}
    cp -r scripts/debian "$tree/debian"
    cp systemd/bucketd.{service,socket,sysusers,tmpfiles} "$tree/debian/"
    cp systemd/bucketd.yaml systemd/grafana-dashboard.json systemd/prometheus-alerts.yaml \
        README.md docs/OPERATING.md docs/METRICS.md CHANGELOG.md "$tree/"
    {
        printf 'bucketd (%s-1) unstable; urgency=medium\n\n' "$version"
        printf '  * The changes are in changelog.gz.\n\n'
        printf ' -- bucketd maintainers <maintainers@bucketd.invalid>  %s\n' "$(LC_ALL=C date -u -R -d "@$stamp")"
    } >"$tree/debian/changelog"
    for product in $(package_helpers); do cp "$binaries/$product" "$tree/helpers/"; done
    for product in $(package_products); do
        local section=1
        [[ $product != bucketd ]] || section=8
        local -a sections=("debian/$product.$section.end")
        [[ -e $tree/${sections[0]} ]] || sections=()
        cp "$binaries/$product" "$tree/programs/"
        "$binaries/$product" --experimental-dump-help |
            python3 scripts/lib/manual.py "$section" "$version" "$(date -u +%F -d "@$stamp")" \
                "${sections[@]/#/$tree/}" >"$tree/manuals/$product.$section"
        for shell in bash zsh fish; do
            "$binaries/$product" --generate-completion-script "$shell" >"$tree/completions/$shell/$product"
        done
        # It is read, not run.
        sed -i '1{/^#!/d}' "$tree/completions/bash/$product"
        mv "$tree/completions/zsh/$product" "$tree/completions/zsh/_$product"
        mv "$tree/completions/fish/$product" "$tree/completions/fish/$product.fish"
    done
}

# Builds the package of such a folder beside it, and prints its path; the packagers' words go to standard error.
pack_tree() {
    local tree=$1 folder file
    folder=$(cd "$tree/.." && pwd)
    rm -f "$folder"/bucketd_*
    (cd "$tree" && dpkg-buildpackage --build=binary --no-sign --no-pre-clean) >&2
    file=$(printf '%s\n' "$folder"/bucketd_*.deb)
    [[ -f $file ]] || fail "no package, or more than one, in $folder"
    printf '%s\n' "$file"
}
