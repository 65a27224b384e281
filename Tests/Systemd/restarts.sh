# shellcheck shell=bash
# Restarts and an upgrade under load: nobody is refused, and nothing acknowledged is lost.

test_restarts() {
    local round before began=$EPOCHSECONDS
    start_load
    for round in {1..20}; do
        systemctl restart bucketd.service || refuse "restart $round failed"
    done
    stop_load
    ! since "$began" | grep -E 'Main process exited|Watchdog timeout|Failed with result' || refuse "not every stop was in order"
    tested "20 restarts under load: $acknowledged uploads, all acknowledged and present"

    start_load
    dpkg --install next.deb >dpkg.log 2>&1 || { cat dpkg.log && refuse "the upgrade failed"; }
    expect 201 put one after-upgrade.txt
    stop_load
    expect active systemctl is-active bucketd.service
    dpkg-query --show bucketd | grep next >/dev/null || refuse "the package was not upgraded"
    tested "an upgrade under load: $acknowledged uploads, all acknowledged and present"

    before=$(property MainPID)
    head --bytes=2048 /dev/zero >two-kibibytes
    sed -i 's/^  # maxUploadSize: .*/  maxUploadSize: 1KiB/' "$SETTINGS"
    systemctl reload bucketd.service
    expect 413 put two-kibibytes reloaded.txt
    sed -i 's/^  maxUploadSize: .*/  # maxUploadSize: 0/' "$SETTINGS"
    systemctl reload bucketd.service
    expect 201 put two-kibibytes reloaded.txt
    printf 'nonsense: 1\n' >>"$SETTINGS"
    ! systemctl reload bucketd.service 2>reload-error || refuse "a reload of wrong settings succeeds"
    sed -i '/^nonsense/d' "$SETTINGS"
    expect active systemctl is-active bucketd.service
    systemctl reload bucketd.service
    expect "$before" property MainPID
    tested "a reload changes a limit, is over when it ends, and keeps the daemon"
}

# Four clients, each upload on a connection of its own, two of them over the Unix socket.
start_load() {
    rm -rf load && mkdir load
    loaders=()
    local number
    for number in 1 2 3 4; do
        load "$number" &
        loaders+=("$!")
    done
    wait_for 30 all_load
}
all_load() { [[ -s load.acknowledged.1 && -s load.acknowledged.2 && -s load.acknowledged.3 && -s load.acknowledged.4 ]]; }

# Uploads until load/stop is there; writes down what was acknowledged, and what came of the rest. None tries again.
load() {
    local name count=0 status outcome
    local -a way=()
    (($1 % 2)) || way=(--unix-socket "$SOCKET")
    trap - ERR
    set +e
    while [[ ! -e load/stop ]]; do
        count=$((count + 1)) name=$EPOCHSECONDS-$1-$count
        head --bytes=$((RANDOM * 8 + 1)) /dev/urandom >"load/$name"
        outcome=0
        status=$(put "load/$name" "load/$name" "${way[@]}" 2>>load/errors) || outcome=$?
        if ((outcome == 0)) && [[ $status == 201 ]]; then
            (cd load && sha256sum "$name") >>"load.acknowledged.$1"
        else
            # 7: the connection was refused.
            printf '%s %s\n' "$outcome" "$status" >>load/failures
        fi
        rm -f "load/$name"
    done
}

stop_load() {
    touch load/stop
    wait "${loaders[@]}"
    acknowledged=$(cat load.acknowledged.* | wc -l)
    [[ ! -e load/failures ]] ||
        refuse "besides $acknowledged, not taken were (times, exit of curl, status): $(sort load/failures | uniq -c | xargs)"
    ((acknowledged >= 40)) || refuse "only $acknowledged uploads were made"
    cat load.acknowledged.* | (cd "$BUCKET/load" && sha256sum --check --quiet --strict) ||
        refuse "acknowledged files are missing or not what was sent"
    rm load.acknowledged.*
}
