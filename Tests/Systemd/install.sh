# shellcheck shell=bash
# The package, as it is after its installation.

test_install() {
    dpkg --install package.deb >dpkg.log 2>&1 || { cat dpkg.log && refuse "the package cannot be installed"; }
    # Nothing runs that nobody asked for.
    expect disabled systemctl is-enabled bucketd.socket
    expect disabled systemctl is-enabled bucketd.service
    expect inactive systemctl is-active bucketd.socket
    expect "bucketd:bucketd 2770" stat --format='%U:%G %a' "$BUCKET"
    expect "bucketd:bucketd 2770" stat --format='%U:%G %a' /var/lib/bucketd
    getent passwd bucketd | grep ':/usr/sbin/nologin$' >/dev/null || refuse "the user may log in"
    local file
    for file in "$SETTINGS" /usr/share/man/man8/bucketd.8.gz /usr/share/doc/bucketd/copyright \
        /usr/share/doc/bucketd/changelog.gz /usr/share/bash-completion/completions/bucketd \
        /usr/share/zsh/vendor-completions/_bucketd /usr/share/fish/vendor_completions.d/bucketd.fish \
        /usr/share/man/man1/bucketctl.1.gz /usr/share/bash-completion/completions/bucketctl \
        /usr/share/doc/bucketd/{README,OPERATING,METRICS}.md \
        /usr/share/doc/bucketd/examples/{grafana-dashboard.json,prometheus-alerts.yaml}; do
        [[ -s $file ]] || refuse "$file is missing"
    done
    bash -n /usr/share/bash-completion/completions/bucketd
    bash -n /usr/share/bash-completion/completions/bucketctl
    systemd-analyze --man=no verify bucketd.service bucketd.socket
    systemd-analyze --no-pager security --threshold=15 bucketd.service >/dev/null
    # The programs bring Swift's runtime along.
    if ldd /usr/bin/bucketd /usr/libexec/bucketd-thumbnail | grep -E 'libswift|libFoundation|not found'; then
        refuse "a library is not the distribution's"
    fi
    tested "the package is installed, and starts nothing by itself"
}
