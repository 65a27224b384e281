# shellcheck shell=bash
# What the parts of the test share. What they pipe into grep it reads to its end: grep -q would end the sender by SIGPIPE,
# which counts as a failure here (pipefail).

export SERVER=http://127.0.0.1:8080
export SOCKET=/run/bucketd.sock
export BUCKET=/var/lib/bucketd/bucket
export SETTINGS=/etc/bucketd/bucketd.yaml

say() { printf '%s\n' "$*"; }
tested() { printf 'ok    %s (%d s)\n' "$*" "$SECONDS"; }

report_failure() {
    trap - ERR
    say "FAILED  line $1: $2"
    systemctl --no-pager --lines=0 status bucketd.socket bucketd.service || true
    journalctl --no-pager --lines=60 --output=short-precise -u bucketd.service -u bucketd.socket || true
    exit 1
}

# Ends the test with a reason.
refuse() {
    say "FAILED  $*"
    false
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || refuse "in vain waited for: $*"
        sleep 0.1
    done
}

# expect WHAT COMMAND...: what the command prints.
expect() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    [[ $got == "$wanted" ]] || refuse "'$*' printed '$got' instead of '$wanted'"
}

property() { systemctl show --value --property="$1" bucketd.service; }

# put FILE PATH [CURL'S OPTIONS]: prints the status.
put() {
    local file=$1 path=$2
    shift 2
    curl --silent --show-error --max-time 30 --output /dev/null --write-out '%{http_code}' "$@" \
        --upload-file "$file" "$SERVER/files/$path"
}
put_local() { put "$1" "$2" --unix-socket "$SOCKET"; }
get_status() { curl --silent --max-time 30 --output /dev/null --write-out '%{http_code}' "$SERVER/$1"; }

since() { journalctl --no-pager --since="@$1" -u bucketd.service; }

# Whether the daemon has the file on record, and not only in its folder: its tag is strong.
is_on_record() {
    curl --silent --head --max-time 30 "$SERVER/files/$1" | tr -d '\r' | grep -i '^etag: "' >/dev/null
}

# is_checked NAME: whether a job of the file's has ended.
is_checked() {
    curl --silent --max-time 30 "$SERVER/jobs?file=$1&state=done" | grep '"state":"done"' >/dev/null
}

# documented SECTION LANGUAGE [NUMBER]: a block of code in a section of docs/OPERATING.md, the first if no number is given.
documented() {
    awk -v section="## $1" -v fence="\`\`\`$2" -v wanted="${3:-1}" '
        /^## / { isIn = $0 == section }
        /^```/ { isShown = !isOpen && isIn && $0 == fence && ++count == wanted; isOpen = !isOpen; next }
        isShown' OPERATING.md
}

# run_documented SECTION [NUMBER]: runs a block of commands as they are written, all of which must succeed.
#
# Who edits a unit puts in what the section shows, who edits the settings does what the function change_settings does.
run_documented() {
    documented "$1" sh "${2:-1}" >commands
    documented "$1" ini >drop-in
    [[ -s commands ]] || refuse "there are no commands in '$1'"
    bash -euo pipefail -c '
        systemctl() {
            [[ $1 == edit ]] || { command systemctl "$@"; return; }
            mkdir -p "/etc/systemd/system/$2.d"
            cp drop-in "/etc/systemd/system/$2.d/override.conf"
            command systemctl daemon-reload
        }
        editor() { [[ $1 == "$SETTINGS" ]] && change_settings; }
        . ./commands' >command-output 2>&1 || refuse "the commands of '$1' failed: $(cat command-output)"
}
