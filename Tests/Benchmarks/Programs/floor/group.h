/// Group commit: who waits when a commit starts goes with it, and nobody waits for company.
#ifndef FLOOR_GROUP_H
#define FLOOR_GROUP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*commit)(size_t count);
    bool is_committing;
    size_t waiting;
    /// Of the commit that takes along who comes now, and of the last that ended.
    uint64_t next, done;
};

/// `commit` runs on one thread at a time, for `count` of those that wait.
void group_make(struct group *group, void (*commit)(size_t count));

/// Returns when a commit that began after the call has ended.
void group_pass(struct group *group);

#endif
