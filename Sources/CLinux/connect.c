#define _GNU_SOURCE
#include "clinux_connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int fill_unix_address(struct sockaddr_un *address, socklen_t *length, const char *path) {
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof(address->sun_path)) {
        errno = size == 0 ? EINVAL : ENAMETOOLONG;
        return -1;
    }
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, size);
    if (path[0] == '@') {
        address->sun_path[0] = 0;
        *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    } else {
        *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1);
    }
    return 0;
}

static int set_timeouts(int descriptor, int milliseconds) {
    struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) != 0) {
        return -1;
    }
    return setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
}

static int close_keeping_errno(int descriptor) {
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

static int connect_stream(const struct sockaddr *address, socklen_t length, int timeout) {
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    if (set_timeouts(descriptor, timeout) != 0 || connect(descriptor, address, length) != 0) {
        return close_keeping_errno(descriptor);
    }
    return descriptor;
}

int clinux_send_datagram(const char *path, const void *bytes, size_t size) {
    struct sockaddr_un address;
    socklen_t length;
    if (fill_unix_address(&address, &length, path) != 0) {
        return -1;
    }
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    ssize_t sent = -1;
    if (set_timeouts(descriptor, 1000) == 0) {
        do {
            sent = sendto(descriptor, bytes, size, MSG_NOSIGNAL, (const struct sockaddr *)&address, length);
        } while (sent < 0 && errno == EINTR);
    }
    if (sent < 0) {
        return close_keeping_errno(descriptor);
    }
    close(descriptor);
    return 0;
}

int clinux_connect_loopback(uint16_t port, int timeout) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = connect_stream((const struct sockaddr *)&address, sizeof(address), timeout);
    if (descriptor >= 0) {
        int on = 1;
        if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
            return close_keeping_errno(descriptor);
        }
    }
    return descriptor;
}

int clinux_connect_unix(const char *path, int timeout) {
    struct sockaddr_un address;
    socklen_t length;
    if (fill_unix_address(&address, &length, path) != 0) {
        return -1;
    }
    return connect_stream((const struct sockaddr *)&address, length, timeout);
}

int clinux_reset_on_close(int descriptor) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

int clinux_is_listening(int descriptor) {
    int listening = 0;
    socklen_t size = sizeof(listening);
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}
