/// Credentials of TLS connections, and what is written to such connections past libmicrohttpd.
#ifndef CMICROHTTPD_TLS_H
#define CMICROHTTPD_TLS_H

#include <sys/types.h>

#include <microhttpd.h>

/// What connections are served with: a certificate, its key, maybe authorities of clients, a key for session tickets.
struct cmicrohttpd_credentials;

/// Texts in PEM, ended by a NUL; the certificate's may hold the chain behind it. With `authorities` (may be null) a
/// client must show a certificate that one of them has signed.
///
/// Null on failure; then `reason` is a text that lives for ever.
struct cmicrohttpd_credentials *cmicrohttpd_credentials_make(
    const char *certificate, const char *key, const char *authorities, const char **reason
);

/// Not before the last connection that uses them is closed.
void cmicrohttpd_credentials_free(struct cmicrohttpd_credentials *credentials);

/// Seconds since 1970 from which on the certificate is not valid any more, or -1.
long long cmicrohttpd_credentials_expiry(const struct cmicrohttpd_credentials *credentials);

/// Has a connection of a TLS daemon use the credentials: to be called when the library says that it is started.
///
/// 0, or -1: then the connection cannot be served.
int cmicrohttpd_credentials_use(struct MHD_Connection *connection, const struct cmicrohttpd_credentials *credentials);

/// Sends `size` bytes if the socket takes all of them at once; to be called in a call of the library's for the
/// connection, because a GnuTLS session belongs to one thread at a time.
///
/// 0, or -1: then a part may be out, and the connection is of no more use.
int cmicrohttpd_tls_send(struct MHD_Connection *connection, const void *bytes, size_t size);

/// Says that nothing more will be sent; as above.
void cmicrohttpd_tls_end(struct MHD_Connection *connection);

#endif
