# shellcheck shell=bash
# Removing and purging: what the package brought goes, what users brought stays.

test_remove() {
    dpkg --remove bucketd >dpkg.log 2>&1 || { cat dpkg.log && refuse "the package cannot be removed"; }
    expect inactive systemctl is-active bucketd.service
    expect inactive systemctl is-active bucketd.socket
    [[ ! -e $SOCKET ]] || refuse "$SOCKET is left"
    [[ -e $SETTINGS ]] || refuse "the settings are gone before a purge"
    dpkg --purge bucketd >dpkg.log 2>&1 || { cat dpkg.log && refuse "the package cannot be purged"; }
    [[ ! -e $SETTINGS ]] || refuse "$SETTINGS is left"
    if find /etc/systemd /var/lib/systemd -name 'bucketd.s*' ! -name '*.d' -print -quit | grep .; then
        refuse "an enabled unit is left"
    fi
    [[ -e $BUCKET/before-backup.txt && -e /srv/uploads/bucket/moved.txt ]] || refuse "uploads are gone"
    tested "removed and purged, with every upload left where it was"
}
