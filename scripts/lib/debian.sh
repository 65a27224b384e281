# shellcheck shell=bash
# Debian packages: asks dpkg what is missing, and apt only for that.

# The names in package list files; `#` begins a comment.
listed_packages() {
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@"
}

missing_packages() {
    local name status
    for name in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || true
        [[ $status == *installed* && $status != *not-installed* ]] || printf '%s\n' "$name"
    done
}

# Installs what is missing of the lists in the given files, as root or through sudo.
install_packages() {
    local -a wanted missing elevate=()
    mapfile -t wanted < <(listed_packages "$@")
    if ! command -v dpkg-query >/dev/null; then
        say "Not a Debian system: make sure that you have what these packages hold: ${wanted[*]}"
        return
    fi
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    ((${#missing[@]})) || return 0

    if ((EUID != 0)); then
        if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            elevate=(sudo)
        else
            fail "Debian packages are missing, and neither root nor sudo is at hand. Run as root:
  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        fi
    fi
    say "Installing Debian packages: ${missing[*]}"
    # A stale third-party list must not stop us; a package that cannot be found does, one line below.
    "${elevate[@]}" apt-get update -qq || say "apt-get update failed; going on with the lists that are there"
    "${elevate[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
}
