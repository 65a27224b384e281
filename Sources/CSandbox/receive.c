#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CSandbox.h"

enum { MAX_DESCRIPTORS = 16 };

static size_t take_descriptors(struct msghdr *message, int *descriptors) {
    size_t count = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t size = part->cmsg_len - CMSG_LEN(0);
        memcpy(descriptors + count, CMSG_DATA(part), size);
        count += size / sizeof *descriptors;
    }
    return count;
}

ssize_t csandbox_receive(int socket, void *bytes, size_t capacity, int *descriptors, size_t *descriptor_count) {
    union {
        char bytes[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
        struct cmsghdr alignment;
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
    };
    int received[MAX_DESCRIPTORS];
    size_t room = *descriptor_count;
    *descriptor_count = 0;
    ssize_t size;
    do
        size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return -1;
    size_t count = take_descriptors(&message, received);
    if (count > room || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (size_t i = 0; i < count; i++)
            close(received[i]);
        return errno = EMSGSIZE, -1;
    }
    memcpy(descriptors, received, count * sizeof *received);
    *descriptor_count = count;
    return size;
}
