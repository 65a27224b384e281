/// Where an answer ends, and its status.
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum answer { answer_incomplete, answer_whole, answer_unreadable };

struct reading {
    int status;
    bool closes;
    /// Of the answer, interim ones included.
    size_t size;
};

/// Looks at all that has come since the request, with a NUL behind it.
enum answer answer_read(const char *bytes, size_t size, struct reading *reading);

#endif
