#include "cmicrohttpd_tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

struct cmicrohttpd_credentials {
    gnutls_certificate_credentials_t certificate;
    gnutls_datum_t tickets;
    long long expiry;
    int has_authorities;
};

static gnutls_datum_t text(const char *pem) {
    return (gnutls_datum_t){(unsigned char *)pem, (unsigned)strlen(pem)};
}

static long long expiry(const gnutls_datum_t *pem) {
    gnutls_x509_crt_t leaf;
    if (gnutls_x509_crt_init(&leaf) != GNUTLS_E_SUCCESS)
        return -1;
    long long time = -1;
    if (gnutls_x509_crt_import(leaf, pem, GNUTLS_X509_FMT_PEM) == GNUTLS_E_SUCCESS)
        time = gnutls_x509_crt_get_expiration_time(leaf);
    gnutls_x509_crt_deinit(leaf);
    return time;
}

static int fill(
    struct cmicrohttpd_credentials *credentials, const char *certificate, const char *key, const char *authorities
) {
    gnutls_datum_t chain = text(certificate), secret = text(key);
    int error = gnutls_certificate_allocate_credentials(&credentials->certificate);
    if (error < 0)
        return error;
    error = gnutls_certificate_set_x509_key_mem(credentials->certificate, &chain, &secret, GNUTLS_X509_FMT_PEM);
    if (error < 0)
        return error;
    credentials->expiry = expiry(&chain);
    if (authorities) {
        gnutls_datum_t trusted = text(authorities);
        error = gnutls_certificate_set_x509_trust_mem(credentials->certificate, &trusted, GNUTLS_X509_FMT_PEM);
        if (error < 0)
            return error;
        // The number of certificates that were found.
        if (error == 0)
            return GNUTLS_E_NO_CERTIFICATE_FOUND;
        credentials->has_authorities = 1;
    }
    return gnutls_session_ticket_key_generate(&credentials->tickets);
}

struct cmicrohttpd_credentials *cmicrohttpd_credentials_make(
    const char *certificate, const char *key, const char *authorities, const char **reason
) {
    struct cmicrohttpd_credentials *credentials = calloc(1, sizeof *credentials);
    int error = credentials ? fill(credentials, certificate, key, authorities) : GNUTLS_E_MEMORY_ERROR;
    if (error >= 0)
        return credentials;
    *reason = gnutls_strerror(error);
    cmicrohttpd_credentials_free(credentials);
    return NULL;
}

void cmicrohttpd_credentials_free(struct cmicrohttpd_credentials *credentials) {
    if (!credentials)
        return;
    if (credentials->certificate)
        gnutls_certificate_free_credentials(credentials->certificate);
    if (credentials->tickets.data) {
        gnutls_memset(credentials->tickets.data, 0, credentials->tickets.size);
        gnutls_free(credentials->tickets.data);
    }
    free(credentials);
}

long long cmicrohttpd_credentials_expiry(const struct cmicrohttpd_credentials *credentials) {
    return credentials->expiry;
}

static gnutls_session_t session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? (gnutls_session_t)info->tls_session : NULL;
}

int cmicrohttpd_credentials_use(struct MHD_Connection *connection, const struct cmicrohttpd_credentials *credentials) {
    // GnuTLS keeps the pointer.
    static gnutls_typed_vdata_st client[] = {
        {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT, 0},
    };
    gnutls_session_t tls = session(connection);
    if (!tls || gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, credentials->certificate) < 0)
        return -1;
    // The library would serve those who show none, or a worthless one.
    if (credentials->has_authorities) {
        gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert2(tls, client, 1, 0);
    }
    return gnutls_session_ticket_enable_server(tls, &credentials->tickets) < 0 ? -1 : 0;
}

int cmicrohttpd_tls_send(struct MHD_Connection *connection, const void *bytes, size_t size) {
    gnutls_session_t tls = session(connection);
    while (tls && size > 0) {
        ssize_t sent = gnutls_record_send(tls, bytes, size);
        if (sent == GNUTLS_E_INTERRUPTED)
            continue;
        if (sent <= 0)
            return -1;
        bytes = (const char *)bytes + sent;
        size -= (size_t)sent;
    }
    return tls ? 0 : -1;
}

void cmicrohttpd_tls_end(struct MHD_Connection *connection) {
    gnutls_session_t tls = session(connection);
    if (tls)
        (void)gnutls_bye(tls, GNUTLS_SHUT_WR);
}
