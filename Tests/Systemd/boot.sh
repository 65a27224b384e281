#!/usr/bin/env bash
# boot.sh MACHINE TEST: boots a copy of this machine below the empty folder MACHINE, in which TEST/inside.sh runs.
# To be started in a mount and a process namespace of its own, as root; what it mounts and starts goes with these.
set -euo pipefail
machine=$1 test=$2

mount -t tmpfs -o size=4g,mode=755 bucketd-test "$machine"
mkdir "$machine"/{upper,work,root}
mount -t overlay -o "lowerdir=/,upperdir=$machine/upper,workdir=$machine/work" bucketd-test "$machine/root"
root=$machine/root

# A machine of its own name, on which packages may start services.
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
rm -f "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/systemd/system/bucketd-test.service" <<'UNIT'
[Unit]
Description=What is tested
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=/bin/bash /bucketd-test/inside.sh
StandardOutput=append:/bucketd-test/log
StandardError=append:/bucketd-test/log
TimeoutStartSec=400
UNIT
cat >"$root/etc/systemd/system/bucketd-test.target" <<'UNIT'
[Unit]
Description=A machine for a test
Requires=basic.target
Wants=bucketd-test.service
After=basic.target
AllowIsolate=yes
UNIT

# What systemd-nspawn notes about the container goes with it too.
mkdir -p /run/systemd/nspawn
mount -t tmpfs bucketd-test /run/systemd/nspawn

# Buckets lie on a filesystem with attributes and birth times, whatever is below the overlay. The container must not keep
# from the daemon what a machine would let it do.
exec systemd-nspawn --quiet --boot --directory="$root" --machine=bucketd-test --register=no --keep-unit \
    --private-network --console=pipe --bind="$test:/bucketd-test" \
    --system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp" \
    --tmpfs=/var/lib/bucketd:mode=755 --tmpfs=/srv:mode=755 \
    systemd.unit=bucketd-test.target systemd.show_status=false
