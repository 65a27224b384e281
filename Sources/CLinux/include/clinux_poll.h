#ifndef CLINUX_POLL_H
#define CLINUX_POLL_H

#include <stddef.h>
#include <stdint.h>

/// What a descriptor is watched for, or what happened to it. `broken` (EPOLLERR or EPOLLHUP) is always reported.
enum {
    clinux_readable = 1,
    /// The peer will send no more (EPOLLRDHUP).
    clinux_half_closed = 2,
    clinux_broken = 4,
    /// Report a change once, not a state again and again (EPOLLET).
    clinux_edge = 8,
};

struct clinux_event {
    uint64_t token;
    uint32_t what;
};

/// epoll_create1(2).
int clinux_poll_open(void);

int clinux_poll_add(int poll, int descriptor, uint32_t what, uint64_t token);

int clinux_poll_remove(int poll, int descriptor);

/// Waits up to `milliseconds` (-1: for ever); the number of events, 0 also when interrupted by a signal.
int clinux_poll_wait(int poll, struct clinux_event *events, size_t capacity, int milliseconds);

/// An eventfd(2) for waking a poll, non-blocking.
int clinux_wake_open(void);

void clinux_wake(int descriptor);

void clinux_wake_clear(int descriptor);

#endif
