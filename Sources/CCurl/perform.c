#include "CCurl.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static size_t read_content(char *buffer, size_t size, size_t count, void *context) {
    const struct ccurl_request *request = context;
    int64_t filled = request->read(request->context, buffer, size * count);
    return filled < 0 ? CURL_READFUNC_ABORT : (size_t)filled;
}

// libcurl only ever goes back to the start, to send a request again on another connection.
static int seek_content(void *context, curl_off_t offset, int origin) {
    const struct ccurl_request *request = context;
    if (offset != 0 || origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    return request->rewind(request->context) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK;
}

static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
    const struct ccurl_request *request = context;
    return request->head(request->context, bytes, size * count) == 0 ? size * count : 0;
}

static size_t take_content(char *bytes, size_t size, size_t count, void *context) {
    const struct ccurl_request *request = context;
    return request->write(request->context, bytes, size * count) == 0 ? size * count : CURL_WRITEFUNC_ERROR;
}

static int look_around(void *context, curl_off_t to_come, curl_off_t came, curl_off_t to_send, curl_off_t sent) {
    (void)to_come, (void)came, (void)to_send, (void)sent;
    const struct ccurl_request *request = context;
    return request->is_cancelled(request->context);
}

static enum ccurl_outcome outcome(CURLcode code) {
    switch (code) {
    case CURLE_OK:
        return ccurl_done;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return ccurl_unknown_host;
    case CURLE_COULDNT_CONNECT:
        return ccurl_unreachable;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return ccurl_interrupted;
    case CURLE_OPERATION_TIMEDOUT:
        return ccurl_timed_out;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
        return ccurl_untrusted;
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_READ_ERROR:
    case CURLE_WRITE_ERROR:
    case CURLE_SEND_FAIL_REWIND:
        return ccurl_given_up;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
        return ccurl_malformed;
    case CURLE_URL_MALFORMAT:
        return ccurl_unusable;
    default:
        return ccurl_failed;
    }
}

// Each option is known to this version of the library, so setting one can only fail for lack of memory.
#define SET(option, value) failure = failure != CURLE_OK ? failure : curl_easy_setopt(curl, option, value)

static CURLcode describe(CURL *curl, const struct ccurl_request *request) {
    CURLcode failure = CURLE_OK;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_USERAGENT, request->user_agent);
    SET(CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
    if (request->authorities) {
        SET(CURLOPT_CAINFO, request->authorities);
        // The folder of the system's authorities would be trusted besides.
        SET(CURLOPT_CAPATH, NULL);
    }
    SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_milliseconds);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, request->stall_seconds);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, look_around);
    SET(CURLOPT_XFERINFODATA, (void *)request);
    SET(CURLOPT_HEADERFUNCTION, take_head);
    SET(CURLOPT_HEADERDATA, (void *)request);
    SET(CURLOPT_WRITEFUNCTION, take_content);
    SET(CURLOPT_WRITEDATA, (void *)request);
    if (request->has_content) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->content_size);
        SET(CURLOPT_READFUNCTION, read_content);
        SET(CURLOPT_READDATA, (void *)request);
        SET(CURLOPT_SEEKFUNCTION, seek_content);
        SET(CURLOPT_SEEKDATA, (void *)request);
    } else if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else {
        SET(CURLOPT_BUFFERSIZE, 256L << 10);
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method);
    return failure;
}

int ccurl_prepare(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

struct ccurl_handle *ccurl_open(void) {
    return (struct ccurl_handle *)curl_easy_init();
}

void ccurl_close(struct ccurl_handle *handle) {
    curl_easy_cleanup((CURL *)handle);
}

void ccurl_perform(struct ccurl_handle *handle, const struct ccurl_request *request, struct ccurl_result *result) {
    CURL *curl = (CURL *)handle;
    char detail[CURL_ERROR_SIZE] = "";
    struct curl_slist *fields = NULL;
    // Connections, sessions of TLS and names that were looked up stay.
    curl_easy_reset(curl);
    CURLcode code = describe(curl, request);
    for (const char *const *line = request->fields; *line && code == CURLE_OK; line++) {
        struct curl_slist *longer = curl_slist_append(fields, *line);
        if (longer)
            fields = longer;
        else
            code = CURLE_OUT_OF_MEMORY;
    }
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    if (code == CURLE_OK) {
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
        code = curl_easy_perform(curl);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    }
    long cause = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &cause);
    result->outcome = outcome(code);
    result->cause = code == CURLE_OK ? 0 : (int)cause;
    const char *message = code == CURLE_OK ? "" : detail[0] ? detail : curl_easy_strerror(code);
    snprintf(result->message, sizeof result->message, "%s", message);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(fields);
}
