/// What is sent: requests whose bytes are ready but for a number in their names.
#ifndef LOAD_REQUEST_H
#define LOAD_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct plan {
    uint16_t port;
    /// PUT: the path before the name. POST: the whole path.
    const char *target;
    /// NULL: PUT. Else the name of the form's file field.
    const char *field;
    /// A further form field as `name=value`, or NULL.
    const char *extra;
    int64_t size;
    int connections;
    int64_t requests;
    double seconds;
};

struct request {
    char head[1024];
    size_t head_size;
    char tail[64];
    size_t tail_size;
};

void request_make(struct request *request, const struct plan *plan, int64_t number);

/// Random bytes, once as a file for sendfile(2) and once as memory; a body repeats them.
enum { pattern_size = 16 << 20 };
extern int pattern_file;
extern const char *pattern;
void pattern_make(void);

#endif
