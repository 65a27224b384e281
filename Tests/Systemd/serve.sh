# shellcheck shell=bash
# The sockets, the unit's walls, and who may take files out of the bucket.

test_serve() {
    systemctl enable --now --quiet bucketd.socket
    expect inactive systemctl is-active bucketd.service
    printf 'one' >one
    expect 201 put one one.txt
    expect active systemctl is-active bucketd.service
    expect 201 put_local one two.txt
    curl --fail --silent --show-error --form file=@one "$SERVER/upload-file" >/dev/null
    expect "bucketd:bucketd 640 3" stat --format='%U:%G %a %s' "$BUCKET/one.txt"
    expect "bucketd:bucketd 660" stat --format='%U:%G %a' "$SOCKET"
    # Nobody needs more than the group to reach the local socket, nor less.
    useradd --system --no-create-home consumer
    expect 000 runuser -u consumer -- curl --silent --output /dev/null --write-out '%{http_code}' \
        --unix-socket "$SOCKET" "$SERVER/healthz"
    expect 200 runuser -u consumer -G bucketd -- curl --silent --output /dev/null --write-out '%{http_code}' \
        --unix-socket "$SOCKET" "$SERVER/healthz"
    runuser -u bucketd -- bucketd check --config "$SETTINGS" >check.log || { cat check.log && refuse "bucketd check"; }
    tested "uploads come in by the TCP and the Unix socket, which start the daemon"

    expect 201 put picture.jpg picture.jpg
    wait_for 30 thumbnail_is_there
    expect RIFF head --bytes=4 /var/lib/bucketd/bucket.state/thumbnails/256/picture.jpg.webp
    journalctl --no-pager -u bucketd.service | grep 'helper.isolation="limits, seccomp, landlock ABI' >/dev/null ||
        refuse "the decoder is not locked in"
    tested "thumbnails are decoded behind the unit's walls and the decoder's own"

    local unit
    for unit in take-uploads.path take-uploads.service; do
        # As the README shows it.
        awk -v first="# $unit" '/^```ini/ {getline; shown = $0 == first; next} /^```/ {shown = 0} shown' README.md \
            >"/etc/systemd/system/$unit"
        [[ -s /etc/systemd/system/$unit ]] || refuse "the README shows no $unit"
    done
    install --directory --owner=consumer /srv/incoming
    systemctl daemon-reload
    systemctl start take-uploads.path
    wait_for 20 test -e /srv/incoming/one.txt
    expect 201 put one deep/er/three.txt
    wait_for 20 test -e /srv/incoming/three.txt
    wait_for 10 bucket_is_empty
    expect 404 get_status files/deep/er/three.txt
    systemctl stop take-uploads.path
    tested "a path unit takes what was uploaded"
}

bucket_is_empty() { [[ -z $(find "$BUCKET" -type f) ]]; }
thumbnail_is_there() { [[ $(get_status 'thumbnails/picture.jpg?size=256') == 200 ]]; }
