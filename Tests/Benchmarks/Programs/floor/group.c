#include "group.h"

void group_make(struct group *group, void (*commit)(size_t count)) {
    *group = (struct group){.commit = commit, .next = 1};
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->changed, NULL);
}

void group_pass(struct group *group) {
    pthread_mutex_lock(&group->lock);
    uint64_t mine = group->next;
    group->waiting++;
    while (group->done < mine) {
        if (group->is_committing) {
            pthread_cond_wait(&group->changed, &group->lock);
            continue;
        }
        size_t count = group->waiting;
        group->waiting = 0;
        group->is_committing = true;
        group->next++;
        pthread_mutex_unlock(&group->lock);
        group->commit(count);
        pthread_mutex_lock(&group->lock);
        group->is_committing = false;
        group->done = mine;
        pthread_cond_broadcast(&group->changed);
    }
    pthread_mutex_unlock(&group->lock);
}
