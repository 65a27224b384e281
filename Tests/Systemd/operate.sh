# shellcheck shell=bash
# Backup, restore and moving, as docs/OPERATING.md describes them.

test_operate() {
    expect 201 put one before-backup.txt
    bucketd backup --config "$SETTINGS" /root/ledger.copy
    expect "root:root 600" stat --format='%U:%G %a' /root/ledger.copy
    expect 201 put one after-backup.txt
    systemctl stop bucketd.socket bucketd.service
    rm /var/lib/bucketd/bucket.state/ledger.sqlite*
    install --owner=bucketd --group=bucketd --mode=600 /root/ledger.copy \
        /var/lib/bucketd/bucket.state/ledger.sqlite
    runuser -u bucketd -- bucketd check --config "$SETTINGS" --repair >check.log ||
        { cat check.log && refuse "the restored ledger cannot be repaired"; }
    systemctl start bucketd.socket
    is_on_record before-backup.txt || refuse "the backup lacks what was stored before it"
    is_on_record after-backup.txt || refuse "what was stored after the backup was not recorded again"
    tested "a ledger that was restored knows what is in the bucket"

    systemctl stop bucketd.socket bucketd.service
    cp --archive /var/lib/bucketd /srv/uploads
    sed -i 's#^bucket: .*#bucket: /srv/uploads/bucket#' "$SETTINGS"
    mkdir -p /etc/systemd/system/bucketd.service.d
    printf '[Unit]\nRequiresMountsFor=/srv/uploads\n\n[Service]\nReadWritePaths=/srv/uploads\n' \
        >/etc/systemd/system/bucketd.service.d/bucket.conf
    systemctl daemon-reload
    systemctl start bucketd.socket
    expect 201 put one moved.txt
    [[ -e /srv/uploads/bucket/moved.txt ]] || refuse "the bucket has not moved"
    # Its inode is another: the file is read before it is known again.
    wait_for 20 is_on_record before-backup.txt
    tested "a bucket that was moved is the same bucket"
}
