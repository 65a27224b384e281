#!/usr/bin/env bash
# What an operator does with the package, on a machine that systemd has booted; run as root by its service manager.
set -euo pipefail
cd /bucketd-test
for part in tools install serve failures restarts tokens tls operate remove; do
    # shellcheck source=/dev/null
    . "./$part.sh"
done

trap 'report_failure "$LINENO" "$BASH_COMMAND"' ERR
set -E
for part in install serve failures restarts tokens tls operate remove; do
    "test_$part"
done
touch passed
