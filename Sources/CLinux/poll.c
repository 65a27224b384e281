#define _GNU_SOURCE
#include "clinux_poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int clinux_poll_open(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

int clinux_poll_add(int poll, int descriptor, uint32_t what, uint64_t token) {
    struct epoll_event event = {.data.u64 = token};
    if (what & clinux_readable)
        event.events |= EPOLLIN;
    if (what & clinux_half_closed)
        event.events |= EPOLLRDHUP;
    if (what & clinux_edge)
        event.events |= EPOLLET;
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

int clinux_poll_remove(int poll, int descriptor) {
    return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL);
}

int clinux_poll_wait(int poll, struct clinux_event *events, size_t capacity, int milliseconds) {
    struct epoll_event found[64];
    int count = epoll_wait(poll, found, capacity < 64 ? (int)capacity : 64, milliseconds);
    if (count < 0)
        return errno == EINTR ? 0 : -1;
    for (int index = 0; index < count; index++) {
        uint32_t what = 0;
        if (found[index].events & EPOLLIN)
            what |= clinux_readable;
        if (found[index].events & EPOLLRDHUP)
            what |= clinux_half_closed;
        if (found[index].events & (EPOLLERR | EPOLLHUP))
            what |= clinux_broken;
        events[index] = (struct clinux_event){.token = found[index].data.u64, .what = what};
    }
    return count;
}

int clinux_wake_open(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void clinux_wake(int descriptor) {
    uint64_t one = 1;
    // Fails only when the counter is full, and then the reader is awake.
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written;
}

void clinux_wake_clear(int descriptor) {
    uint64_t count;
    ssize_t size = read(descriptor, &count, sizeof count);
    (void)size;
}
