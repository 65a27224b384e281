#define _GNU_SOURCE
#include "clinux_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int close_failed(int descriptor) {
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

static int listen_at(int family, const struct sockaddr *address, socklen_t length, int backlog) {
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    int on = 1;
    if (family != AF_UNIX)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, address, length) != 0 || listen(descriptor, backlog) != 0)
        return close_failed(descriptor);
    return descriptor;
}

int clinux_listen_tcp(const char *host, uint16_t port, int backlog) {
    // inet_pton, not getaddrinfo, which takes "1.2.3" for an address.
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
        return listen_at(AF_INET, (struct sockaddr *)&v4, sizeof v4, backlog);
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
        return listen_at(AF_INET6, (struct sockaddr *)&v6, sizeof v6, backlog);
    errno = EINVAL;
    return -1;
}

/// Whether a socket file is left over: connecting to it is refused.
static int is_stale(const struct sockaddr_un *address) {
    struct stat found;
    if (lstat(address->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode))
        return 0;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return 0;
    int stale = connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(probe);
    return stale;
}

int clinux_listen_unix(const char *path, int backlog) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int descriptor = listen_at(AF_UNIX, (struct sockaddr *)&address, sizeof address, backlog);
    if (descriptor >= 0 || errno != EADDRINUSE)
        return descriptor;
    if (!is_stale(&address) || unlink(path) != 0) {
        errno = EADDRINUSE;
        return -1;
    }
    return listen_at(AF_UNIX, (struct sockaddr *)&address, sizeof address, backlog);
}

/// accept4 and getsockname report the length the address has, which may exceed the space given.
static void bound_length(struct clinux_address *address) {
    if (address->length > sizeof address->storage)
        address->length = sizeof address->storage;
}

int clinux_accept(int listener, struct clinux_address *peer) {
    memset(peer, 0, sizeof *peer);
    peer->length = sizeof peer->storage;
    int descriptor = accept4(listener, (struct sockaddr *)&peer->storage, &peer->length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    bound_length(peer);
    return descriptor;
}

int clinux_local_address(int descriptor, struct clinux_address *address) {
    memset(address, 0, sizeof *address);
    address->length = sizeof address->storage;
    int result = getsockname(descriptor, (struct sockaddr *)&address->storage, &address->length);
    bound_length(address);
    return result;
}

static int is_mapped(const struct clinux_address *address) {
    return address->storage.ss_family == AF_INET6
           && IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)&address->storage)->sin6_addr);
}

int clinux_address_family(const struct clinux_address *address) {
    return is_mapped(address) ? AF_INET : address->storage.ss_family;
}

void clinux_address_host(const struct clinux_address *address, char *host, size_t capacity) {
    const void *start = &address->storage;
    host[0] = 0;
    if (address->storage.ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)start)->sin_addr, host, (socklen_t)capacity);
    else if (is_mapped(address))
        inet_ntop(
            AF_INET, &((const struct sockaddr_in6 *)start)->sin6_addr.s6_addr[12], host, (socklen_t)capacity
        );
    else if (address->storage.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)start)->sin6_addr, host, (socklen_t)capacity);
    else if (address->storage.ss_family == AF_UNIX && address->length > sizeof(sa_family_t))
        snprintf(host, capacity, "%s", ((const struct sockaddr_un *)start)->sun_path);
}

uint16_t clinux_address_port(const struct clinux_address *address) {
    const void *start = &address->storage;
    if (address->storage.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)start)->sin_port);
    if (address->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)start)->sin6_port);
    return 0;
}

void clinux_tune_connection(int descriptor, unsigned user_timeout) {
    int on = 1, idle = 30, interval = 10, probes = 3;
    // The first call fails on a socket that is not TCP.
    if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        return;
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout);
}

static int tcp_information(int descriptor, struct tcp_info *information) {
    socklen_t length = sizeof *information;
    memset(information, 0, sizeof *information);
    return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, information, &length);
}

int64_t clinux_bytes_received(int descriptor) {
    struct tcp_info information;
    return tcp_information(descriptor, &information) == 0 ? (int64_t)information.tcpi_bytes_received : -1;
}

int clinux_send_progress(int descriptor, struct clinux_progress *progress) {
    int waiting = 0;
    if (ioctl(descriptor, SIOCOUTQ, &waiting) != 0)
        return -1;
    struct tcp_info information;
    int counted = tcp_information(descriptor, &information) == 0;
    *progress = (struct clinux_progress){
        .taken = counted ? (int64_t)information.tcpi_bytes_acked : -1,
        .waiting = waiting,
    };
    return 0;
}

void clinux_set_receive_watermark(int descriptor, int bytes) {
    // A refusal leaves the mark as it is, which costs time only.
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

int64_t clinux_bytes_waiting(int descriptor) {
    int waiting = 0;
    return ioctl(descriptor, FIONREAD, &waiting) == 0 ? waiting : -1;
}

ssize_t clinux_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}
