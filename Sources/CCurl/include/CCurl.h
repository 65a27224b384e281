/// One HTTP request at a time through libcurl's easy interface, whose variadic calls Swift cannot make.
#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>
#include <stdint.h>

/// What one request is, and whom its parts are asked from. Texts must live as long as the call that is given it.
struct ccurl_request {
    const char *method;
    const char *url;
    /// Lines like `Name: value`, ended by NULL.
    const char *const *fields;
    /// Null: not to be used.
    const char *unix_socket;
    /// Certificates of authorities in PEM; null: the system's.
    const char *authorities;
    const char *user_agent;
    /// Whether the request has content.
    int has_content;
    /// Bytes of it; -1: not known before its end.
    int64_t content_size;
    long connect_milliseconds;
    /// How long a transfer may stand still.
    long stall_seconds;

    void *context;
    /// Fills the buffer; 0 at the end of the content, -1 to give up.
    int64_t (*read)(void *context, char *buffer, size_t size);
    /// Goes back to the content's first byte; 0, or -1 where that cannot be.
    int (*rewind)(void *context);
    /// One line of a response's head, with its line end. 0, or -1 to give up.
    int (*head)(void *context, const char *line, size_t size);
    /// Content of the response. 0, or -1 to give up.
    int (*write)(void *context, const char *bytes, size_t size);
    /// Asked at least once a second.
    int (*is_cancelled)(void *context);
};

enum ccurl_outcome {
    ccurl_done,
    /// The server's name is not known.
    ccurl_unknown_host,
    /// No connection.
    ccurl_unreachable,
    /// The connection ended before the whole response was there.
    ccurl_interrupted,
    /// Nothing came or went for too long.
    ccurl_timed_out,
    /// No TLS, or a certificate that is not trusted.
    ccurl_untrusted,
    /// One of the functions gave up, or the transfer was cancelled.
    ccurl_given_up,
    /// What came is not HTTP.
    ccurl_malformed,
    /// The request cannot be sent as it is.
    ccurl_unusable,
    ccurl_failed,
};

struct ccurl_result {
    enum ccurl_outcome outcome;
    /// What libcurl says, in English; empty when done.
    char message[256];
    /// The system's error number of a failed connection, or 0.
    int cause;
};

/// A connection, or several, that are kept for the next request. For one thread at a time.
struct ccurl_handle;

/// Before any other call, once in a process; 0, or -1.
int ccurl_prepare(void);

/// Null if there is no memory.
struct ccurl_handle *ccurl_open(void);

void ccurl_close(struct ccurl_handle *handle);

/// Sends the request and takes the response; blocks until either has ended.
///
/// Redirects are not followed. Proxies are those of the environment, as curl(1) has it.
void ccurl_perform(struct ccurl_handle *handle, const struct ccurl_request *request, struct ccurl_result *result);

#endif
