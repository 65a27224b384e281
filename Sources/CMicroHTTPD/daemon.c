#include "CMicroHTTPD.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Leaves the target as it came: decoding in place would cut it at %00 and hide %2F.
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

static void log_message(void *context, const char *format, va_list arguments) {
    const struct cmicrohttpd_callbacks *callbacks = context;
    char message[512];
    int length = vsnprintf(message, sizeof message, format, arguments);
    if (length < 0)
        return;
    size_t end = strlen(message);
    while (end > 0 && message[end - 1] == '\n')
        message[--end] = 0;
    callbacks->log(callbacks->context, message);
}

static int no_certificate(
    gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **certificates, unsigned *count,
    gnutls_privkey_t *key
) {
    (void)session, (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
    (void)certificates, (void)count, (void)key;
    return -1;
}

struct MHD_Daemon *cmicrohttpd_start(
    const struct cmicrohttpd_callbacks *callbacks, unsigned workers, unsigned limit, size_t pool, int strict, int tls
) {
    struct MHD_OptionItem secure[] = {
        {tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        // The library wants to know one; each connection is given credentials of its own.
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, no_certificate},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem options[] = {
        // First, so that it sees the messages of the options after it.
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_message, (void *)callbacks},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)callbacks->target, callbacks->context},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)callbacks->completed, callbacks->context},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)callbacks->connection, callbacks->context},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)pool, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (intptr_t)pool, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)limit, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, strict, NULL},
        {MHD_OPTION_ARRAY, 0, secure},
        // A pool of one is refused with a warning; without the option there is one thread.
        {workers > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)workers, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET
                     | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);
    return MHD_start_daemon(
        flags, 0, NULL, NULL, callbacks->request, callbacks->context, MHD_OPTION_ARRAY, options, MHD_OPTION_END
    );
}

int cmicrohttpd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

void *cmicrohttpd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

size_t cmicrohttpd_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

uint32_t cmicrohttpd_version(void) {
    unsigned major = 0, minor = 0, patch = 0;
    if (sscanf(MHD_get_version(), "%u.%u.%u", &major, &minor, &patch) != 3)
        return 0;
    return major << 16 | minor << 8 | patch;
}

static void (*on_panic)(const char *reason);

static void panic(void *context, const char *file, unsigned line, const char *reason) {
    (void)context;
    (void)file;
    (void)line;
    on_panic(reason ? reason : "no reason given");
    abort();
}

void cmicrohttpd_on_panic(void (*function)(const char *reason)) {
    on_panic = function;
    MHD_set_panic_func(panic, NULL);
}
