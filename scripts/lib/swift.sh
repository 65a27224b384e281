# shellcheck shell=bash
# The Swift toolchain.

# Refuses a machine without Swift 6.2 or later, and says what to do.
require_swift() {
    local version='' major minor
    command -v swift >/dev/null || fail "Swift is not installed (or not in PATH). 6.2 or later is needed:
  see https://www.swift.org/install/linux/"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [[ $version ]] || fail "'swift --version' does not say which Swift this is"
    major=${version%%.*} minor=${version#*.}
    if ((major < 6 || (major == 6 && minor < 2))); then
        fail "this is Swift $version ($(command -v swift)); 6.2 or later is needed:
  see https://www.swift.org/install/linux/, or 'swiftly install latest' where swiftly is in use"
    fi
}
