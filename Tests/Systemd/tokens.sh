# shellcheck shell=bash
# Tokens, and the replacement of one, as docs/OPERATING.md describes them.

# shellcheck disable=SC2317 # The documented commands call what they are told to.
test_tokens() {
    local old new slow unfinished reply
    change_settings() { sed -i 's/^  # \(tokensFile: .*\)/  \1/' "$SETTINGS"; }
    export -f change_settings
    run_documented Tokens
    old=$(grep -o 'secret-token:.*' command-output)
    expect "bucketd:bucketd 600" stat --format='%U:%G %a' /etc/bucketd/tokens
    documented Tokens yaml | diff - <(sed -n '/^auth:/p; /^  tokensFile:/p' "$SETTINGS") || refuse "the settings are others"
    expect 401 put one stranger.txt
    expect 201 put_with "$old" one old.txt
    expect 201 put_with "$old" one old-local.txt --unix-socket "$SOCKET"
    tested "with tokens nobody uploads without one"

    # Under way when the token is revoked: an upload in one piece, and one in pieces.
    head --bytes=200000 /dev/urandom >slow
    put_with "$old" slow slow.txt --limit-rate 25k >slow-status &
    slow=$!
    reply=$(curl --silent --include --request POST --header "Authorization: Bearer $old" --header 'Tus-Resumable: 1.0.0' \
        --header 'Upload-Length: 3' "$SERVER/files")
    unfinished=$(sed -n 's#^[Ll]ocation: .*\(/uploads/[^?[:space:]]*\).*#\1#p' <<<"$reply")
    expect 204 patch "$old" "$unfinished" 0 o
    wait_for 10 slow_upload_has_begun

    # The commands one by one, to see what holds in between.
    documented Tokens sh 2 >rotation
    expect 4 grep -c . rotation
    new=$(bash -euo pipefail -c "$(sed -n 1,2p rotation)")
    expect 201 put_with "$new" one new.txt
    expect 201 put_with "$old" one both.txt
    # A piece belongs to whose upload it is.
    expect 404 patch "$new" "$unfinished" 1 n
    expect 204 patch "$old" "$unfinished" 1 n
    bash -euo pipefail -c "$(sed -n 3,4p rotation)"
    kill -0 "$slow" || refuse "the slow upload was over too soon"
    expect 401 put_with "$old" one too-late.txt
    expect 401 patch "$old" "$unfinished" 2 e
    expect 201 put_with "$new" one newer.txt
    wait "$slow"
    expect 201 cat slow-status
    cmp slow "$BUCKET/slow.txt"
    expect "bucketd:bucketd 600" stat --format='%U:%G %a' /etc/bucketd/tokens
    tested "a token is replaced: both hold, then the new one alone, and what is under way ends as it began"

    printf 'nonsense\n' >>/etc/bucketd/tokens
    ! systemctl reload bucketd.service 2>reload-error || refuse "a reload of wrong tokens succeeds"
    journalctl --no-pager -u bucketd.service | grep 'bucketd: auth.tokensFile: .*line' >/dev/null || refuse "nobody says which line is wrong"
    expect 201 put_with "$new" one still.txt
    sed -i '/^nonsense/d' /etc/bucketd/tokens
    systemctl reload bucketd.service
    tested "a reload of wrong tokens fails, and the old ones hold"

    mkdir -p /etc/credstore
    install --mode=600 /etc/bucketd/tokens /etc/credstore/bucketd.tokens
    sed -i 's#^  tokensFile: .*#  tokensFile: /run/credentials/bucketd.service/bucketd.tokens#' "$SETTINGS"
    systemctl restart bucketd.service
    expect 401 put one stranger.txt
    expect 201 put_with "$new" one credential.txt
    # Which is not there for what is looked at while the service is stopped.
    systemctl stop 'bucketd*.socket' bucketd.service
    runuser -u bucketd -- bucketd check --config "$SETTINGS" >check-output || refuse "the check fails: $(cat check-output)"
    grep '^warning  tokens ' check-output >/dev/null || refuse "nobody says that the credential is not there"
    systemctl start bucketd.socket
    expect 201 put_with "$new" one credential-again.txt
    tested "systemd hands the tokens over as a credential"
    token=$new
}

# put_with TOKEN FILE PATH [CURL'S OPTIONS]
put_with() {
    local token=$1
    shift
    put "$@" --header "Authorization: Bearer $token"
}

# patch TOKEN UPLOAD OFFSET CONTENT: prints the status.
patch() {
    curl --silent --max-time 30 --output /dev/null --write-out '%{http_code}' --request PATCH --data-binary "$4" \
        --header "Authorization: Bearer $1" --header 'Tus-Resumable: 1.0.0' --header "Upload-Offset: $3" \
        --header 'Content-Type: application/offset+octet-stream' "$SERVER$2"
}

slow_upload_has_begun() { (($(find /var/lib/bucketd/bucket.state/spool -type f -size +4k | wc -l) > 0)); }
