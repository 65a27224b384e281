#ifndef CLINUX_SOCKETS_H
#define CLINUX_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/// One end of a connection or a listening socket, in a form that needs no casts.
struct clinux_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/// A listening, non-blocking socket on a numeric IPv4 or IPv6 address. -1 and errno on failure; EINVAL when `host` is no
/// literal address.
int clinux_listen_tcp(const char *host, uint16_t port, int backlog);

/// A listening, non-blocking socket at `path`. A socket file there that nobody listens on is replaced; EADDRINUSE
/// otherwise, ENAMETOOLONG above 107 bytes.
int clinux_listen_unix(const char *path, int backlog);

/// accept4(2), non-blocking and close-on-exec.
int clinux_accept(int listener, struct clinux_address *peer);

/// Where a socket is bound (getsockname(2)).
int clinux_local_address(int descriptor, struct clinux_address *address);

/// AF_INET, AF_INET6 or AF_UNIX; an IPv4 address mapped into IPv6 counts as AF_INET.
int clinux_address_family(const struct clinux_address *address);

/// The numeric host, or the path of a Unix socket, cut to `capacity`; empty when there is none.
void clinux_address_host(const struct clinux_address *address, char *host, size_t capacity);

uint16_t clinux_address_port(const struct clinux_address *address);

/// TCP_NODELAY, SO_KEEPALIVE (30 s idle, 3 probes 10 s apart) and TCP_USER_TIMEOUT of `user_timeout` ms: what is sent
/// and not acknowledged for that long ends the connection. Nothing on sockets other than TCP.
void clinux_tune_connection(int descriptor, unsigned user_timeout);

/// Bytes the peer has sent so far (tcp_info), or -1 where that is not known.
int64_t clinux_bytes_received(int descriptor);

/// How far what was sent has come.
struct clinux_progress {
    /// Bytes the peer has acknowledged (tcp_info), or -1 where they are not counted.
    int64_t taken;
    /// Bytes that wait for the peer; on a Unix socket with what the kernel needs to keep them (SIOCOUTQ).
    int64_t waiting;
};

/// -1 and errno on failure.
int clinux_send_progress(int descriptor, struct clinux_progress *progress);

/// Wakes readers of a TCP socket only once `bytes` have arrived (SO_RCVLOWAT), or the end of input has.
void clinux_set_receive_watermark(int descriptor, int bytes);

/// Bytes that arrived and wait to be read (FIONREAD), or -1.
int64_t clinux_bytes_waiting(int descriptor);

/// send(2), neither blocking nor raising SIGPIPE.
ssize_t clinux_send(int descriptor, const void *bytes, size_t count);

#endif
