#define _GNU_SOURCE
#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// The value of a field of the head, which ends at `end`; NULL if it has none.
static const char *field(const char *head, const char *end, const char *name) {
    size_t length = strlen(name);
    for (const char *line = head; line < end; line++) {
        line = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (!line)
            return NULL;
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    }
    return NULL;
}

enum answer answer_read(const char *bytes, size_t size, struct reading *reading) {
    const char *start = bytes, *limit = bytes + size;
    while (true) {
        const char *end = memmem(start, (size_t)(limit - start), "\r\n\r\n", 4);
        if (!end)
            return answer_incomplete;
        if (strncmp(start, "HTTP/1.", 7) != 0)
            return answer_unreadable;
        const char *body = end + 4;
        reading->status = atoi(start + 9);
        if (reading->status / 100 == 1) {
            start = body;
            continue;
        }
        const char *connection = field(start, end, "connection");
        reading->closes = connection && strncasecmp(connection, "close", 5) == 0;
        const char *length = field(start, end, "content-length");
        if (length) {
            body += strtoull(length, NULL, 10);
        } else if (field(start, end, "transfer-encoding")) {
            const char *last = memmem(end, (size_t)(limit - end), "\r\n0\r\n\r\n", 7);
            if (!last)
                return answer_incomplete;
            body = last + 7;
        } else if (reading->status != 204) {
            // It ends with the connection, which is given up at once instead.
            reading->closes = true;
        }
        if (body > limit)
            return answer_incomplete;
        reading->size = (size_t)(body - bytes);
        return answer_whole;
    }
}
