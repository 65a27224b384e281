/// libmicrohttpd's variadic calls as fixed functions, for Swift.
#ifndef CMICROHTTPD_H
#define CMICROHTTPD_H

#include <sys/types.h>
#include <sys/socket.h>
#include <stdarg.h>
#include <stdint.h>

#include <microhttpd.h>

#include "cmicrohttpd_tls.h"

/// The functions a daemon calls, each on a thread of the library's with `context` as its first argument.
struct cmicrohttpd_callbacks {
    void *context;
    /// The raw request target, before any decoding; what it returns is the request's own pointer from then on.
    void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback request;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    /// One message of the library's, formatted, without its line end.
    void (*log)(void *context, const char *message);
};

/// Starts a daemon without a listening socket: epoll, `workers` threads, connections may be suspended.
///
/// Each connection owns a memory pool of `pool` bytes, and its read buffer grows to nearly all of it. `limit` is the
/// library's own connection limit; exceeding it deadlocks a worker, so the caller must stay below. `strict` is 1 for
/// the library's strict parsing, `tls` for TLS 1.2 and later: then each connection must be given its credentials when
/// it is started. `callbacks` must live until the daemon has stopped. Null on failure.
struct MHD_Daemon *cmicrohttpd_start(
    const struct cmicrohttpd_callbacks *callbacks, unsigned workers, unsigned limit, size_t pool, int strict, int tls
);

/// The connection's socket, or -1.
int cmicrohttpd_socket(struct MHD_Connection *connection);

/// What the connection callback stored for the connection, or null.
void *cmicrohttpd_socket_context(struct MHD_Connection *connection);

/// Bytes from the method to the end of the empty line after the header fields, or 0.
size_t cmicrohttpd_header_size(struct MHD_Connection *connection);

/// Major, minor and patch of the library loaded at run time, 8 bits each, e.g. 0x00094B for 0.9.75.
uint32_t cmicrohttpd_version(void);

/// Sets the process-wide function for the library's fatal errors; it must not return.
void cmicrohttpd_on_panic(void (*panic)(const char *reason));

#endif
