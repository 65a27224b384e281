# shellcheck shell=bash
# The programs that the benchmarks compare with and that stand in front of the daemon in tests, after console.sh, debian.sh and python.sh.

# Prints nginx's path. Where none is installed the distribution's package is unpacked into the folder and not installed:
# that would start a service on port 80. Fails where there is neither.
nginx_program() {
    local folder=$1 program
    for program in "$(command -v nginx)" /usr/sbin/nginx "$folder/nginx/usr/sbin/nginx"; do
        if [[ -x $program ]]; then
            printf '%s\n' "$program"
            return
        fi
    done
    command -v dpkg-deb >/dev/null || return
    say "Unpacking the distribution's nginx into $folder/nginx" >&2
    mkdir -p "$folder/nginx"
    rm -f "$folder"/nginx_*.deb
    # apt refuses to download as another user into a folder that user cannot write; it says so and goes on.
    (cd "$folder" && apt-get download -qq nginx) >&2 2>/dev/null || return
    dpkg-deb -x "$folder"/nginx_*.deb "$folder/nginx"
    program=$folder/nginx/usr/sbin/nginx
    [[ -x $program ]] && printf '%s\n' "$program"
}

# Installs the peers that are missing and exports where they are. A peer that cannot be had is left out, and said to be.
bench_peers() {
    local root=$1 folder=$1/.build-peers
    if BENCH_NGINX=$(nginx_program "$folder"); then
        say "nginx: $BENCH_NGINX"
        export BENCH_NGINX
    else
        say "nginx cannot be had: it is left out"
    fi
    if python_environment "$root/Tests/Benchmarks/Peers/requirements.txt" "$folder/python"; then
        say "Python peers: $folder/python"
        export BENCH_PYTHON=$folder/python BENCH_PEERS=$root/Tests/Benchmarks/Peers
    else
        say "the Python peers cannot be had: they are left out"
    fi
}
