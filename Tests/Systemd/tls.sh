# shellcheck shell=bash
# TLS beside the other sockets, as docs/OPERATING.md describes it, and certificates that are renewed.
#
# After tokens.sh, whose token is shown: TLS is for a network.

: "${token:=}"

# shellcheck disable=SC2317 # The documented commands call what they are told to.
test_tls() {
    local round slow
    make_authority
    issue_certificate
    documented TLS ini >/etc/systemd/system/bucketd-tls.socket
    change_settings() { sed -i 's/^  # \(certificate: .*\|key: .*\)/  \1/' "$SETTINGS"; }
    export -f change_settings
    run_documented TLS
    documented TLS yaml | diff - <(sed -n '/^tls:/p; /^  certificate:/p; /^  key:/p' "$SETTINGS") ||
        refuse "the settings are others"
    expect 201 put_over_tls one tls.txt
    expect 201 put_with "$token" one clear.txt
    cmp one "$BUCKET/tls.txt"
    expect "bucketd 640" stat --format='%G %a' /etc/bucketd/key.pem
    [[ $(put one nobody.txt 2>&1) == 401 ]] || refuse "somebody came in without a token"
    tested "uploads come in over TLS, beside the other sockets"

    head --bytes=120000 /dev/urandom >slow-tls
    put_over_tls slow-tls slow-tls.txt --limit-rate 20k >slow-status &
    slow=$!
    for round in {1..5}; do
        issue_certificate
        renew
        systemctl reload bucketd.service
        expect "$(serial <certificate.pem)" served_serial
        expect 201 put_over_tls one "renewed-$round.txt"
    done
    kill -0 "$slow" || refuse "the slow upload was over too soon"
    wait "$slow"
    expect 201 cat slow-status
    cmp slow-tls "$BUCKET/slow-tls.txt"
    tested "when a reload is over the renewed certificate is served, and what is under way goes on"

    local good
    good=$(serial <certificate.pem)
    openssl ecparam -genkey -name prime256v1 -noout -out key.pem
    renew
    ! systemctl reload bucketd.service 2>reload-error || refuse "a reload of a key that does not fit succeeds"
    expect "$good" served_serial
    expect 201 put_over_tls one kept.txt
    issue_certificate
    renew
    systemctl reload bucketd.service
    expect "$(serial <certificate.pem)" served_serial
    tested "a pair that does not fit fails the reload, and the old one is served"

    systemctl restart bucketd.service
    expect 201 put_over_tls one restarted.txt
    change_settings() { :; }
    run_documented Addresses
    expect 201 put_over_tls one addresses.txt
    expect 201 put_with "$token" one addresses-too.txt
    SERVER='http://[::1]:8080' expect 201 put_with "$token" one addresses-six.txt
    tested "addresses are changed as they are said to be"

    # As it was.
    sed -i 's/^  \(tokensFile: .*\)/  # \1/; s/^  \(certificate: .*\|key: .*\)/  # \1/' "$SETTINGS"
    systemctl disable --now --quiet bucketd-tls.socket
    rm -r /etc/systemd/system/bucketd.socket.d /etc/systemd/system/bucketd-tls.socket
    systemctl daemon-reload
    systemctl stop bucketd.socket bucketd.service
    systemctl start bucketd.socket
    expect 201 put one without-token.txt
}

put_over_tls() { SERVER=https://localhost:8443 put_with "$token" "$@" --cacert authority.pem; }

make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Authority of a test' \
        -keyout authority-key.pem -out authority.pem 2>/dev/null
}

# A new pair, certificate.pem and key.pem, signed by the authority.
issue_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key.pem -out request.pem 2>/dev/null
    openssl x509 -req -in request.pem -CA authority.pem -CAkey authority-key.pem -CAcreateserial -days 2 -out certificate.pem \
        -extfile <(printf 'subjectAltName=DNS:localhost\n') 2>/dev/null
}

renew() { install --mode=640 --group=bucketd certificate.pem key.pem /etc/bucketd/; }
serial() { openssl x509 -noout -serial; }
served_serial() { openssl s_client -connect localhost:8443 -CAfile authority.pem -verify_return_error </dev/null 2>/dev/null | serial; }
