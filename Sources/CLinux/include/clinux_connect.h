#ifndef CLINUX_CONNECT_H
#define CLINUX_CONNECT_H

#include <stddef.h>
#include <stdint.h>

/// Sends one datagram to a Unix socket; an address that begins with `@` is in the abstract namespace (unix(7)).
/// Waits at most a second for room in the receiver's queue. -1 with errno: ENAMETOOLONG, ENOENT, ECONNREFUSED, EAGAIN.
int clinux_send_datagram(const char *address, const void *bytes, size_t size);

/// A connected stream socket to 127.0.0.1, close-on-exec, whose reads and writes end with EAGAIN after `timeout`
/// milliseconds.
int clinux_connect_loopback(uint16_t port, int timeout);

/// The same to a Unix socket's path.
int clinux_connect_unix(const char *path, int timeout);

/// Makes the next close(2) send RST and drop what is unsent (SO_LINGER with a time of 0).
int clinux_reset_on_close(int descriptor);

/// Whether the descriptor is a socket that listens (SO_ACCEPTCONN).
int clinux_is_listening(int descriptor);

#endif
