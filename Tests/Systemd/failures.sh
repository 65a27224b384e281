# shellcheck shell=bash
# A daemon that dies, hangs or cannot start is seen back, and its clients wait.

test_failures() {
    local before
    before=$(property MainPID)
    systemctl kill --kill-whom=main --signal=KILL bucketd.service
    expect 201 put one after-kill.txt
    [[ $(property MainPID) != "$before" && $(property NRestarts) == 1 ]] || refuse "it was not started again"
    tested "after SIGKILL the daemon is back, and a client that came meanwhile is served"

    # From here on with a watch so strict that the load below is a test of it too.
    mkdir -p /run/systemd/system/bucketd.service.d
    printf '[Service]\nWatchdogSec=4\n' >/run/systemd/system/bucketd.service.d/watchdog.conf
    systemctl daemon-reload
    systemctl restart bucketd.service
    before=$(property MainPID)
    kill -STOP "$before"
    wait_for 20 process_changed "$before"
    expect 201 put one after-stop.txt
    journalctl --no-pager -u bucketd.service | grep 'Watchdog timeout' >/dev/null || refuse "the watchdog did not end it"
    tested "a daemon that hangs is ended by the watchdog and started again"

    printf 'nonsense: 1\n' >>"$SETTINGS"
    systemctl restart bucketd.service || true
    put one after-nonsense.txt >waiting &
    wait_for 10 settings_are_refused
    sed -i '/^nonsense/d' "$SETTINGS"
    wait $!
    expect 201 cat waiting
    tested "wrong settings are named in the journal, and mended ones are tried by itself"
}

process_changed() {
    local now
    now=$(property MainPID)
    [[ $now != 0 && $now != "$1" && $(property SubState) == running ]]
}
settings_are_refused() { journalctl --no-pager -u bucketd.service | grep nonsense >/dev/null; }
