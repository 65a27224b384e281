# shellcheck shell=bash
# Listen addresses as `bucketd serve --listen` takes them, and who holds their ports.

address_host() { printf '%s' "${1%:*}"; }
address_port() { printf '%s' "${1##*:}"; }
is_tcp() { [[ $1 =~ :[0-9]+$ && $1 != unix:* ]]; }

# The host by which a client on this machine reaches a listener: a wildcard is reached by loopback.
reachable_host() {
    case $1 in
        0.0.0.0 | '') printf '127.0.0.1' ;;
        '[::]') printf '[::1]' ;;
        *) printf '%s' "$1" ;;
    esac
}

# An IPv4 address as /proc/net/tcp writes it: hexadecimal, least significant byte first.
ipv4_hex() {
    local a b c d
    IFS=. read -r a b c d <<<"$1"
    printf '%02X%02X%02X%02X' "$d" "$c" "$b" "$a"
}

# The socket inodes that listen where an IPv4 or IPv6 address wants to. A wildcard conflicts with every address.
listening_inodes() {
    local host port own='' local_address state inode
    host=$(address_host "$1") port=$(printf '%04X' "$(address_port "$1")")
    [[ $host =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ && $host != 0.0.0.0 ]] && own=$(ipv4_hex "$host")
    while read -r _ local_address _ state _ _ _ _ _ inode _; do
        [[ $state == 0A && ${local_address##*:} == "$port" ]] || continue
        local_address=${local_address%:*}
        [[ -z $own || $local_address == "$own" || $local_address =~ ^0+$ ]] && printf '%s\n' "$inode"
    done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    return 0
}

# Fails with the holder's name if somebody listens at the address.
require_free_address() {
    local inode holder descriptor
    for inode in $(listening_inodes "$1"); do
        holder="a process of another user (as root: ss -ltnp 'sport = :$(address_port "$1")')"
        for descriptor in /proc/[0-9]*/fd/*; do
            [[ $(readlink "$descriptor" 2>/dev/null) == "socket:[$inode]" ]] || continue
            holder=${descriptor#/proc/} holder=${holder%%/*}
            holder="$(cat "/proc/$holder/comm"), process $holder"
            break
        done
        fail "$1 is taken by $holder. Stop it, or choose another: scripts/run --listen 127.0.0.1:9000"
    done
}
