#define _GNU_SOURCE
#include "request.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int pattern_file;
const char *pattern;

static const char boundary[] = "------------------------d74496d66958873e";

void pattern_make(void) {
    pattern_file = memfd_create("body", MFD_CLOEXEC);
    if (pattern_file < 0 || ftruncate(pattern_file, pattern_size) != 0)
        err(1, "memfd_create");
    uint64_t *words = mmap(NULL, pattern_size, PROT_READ | PROT_WRITE, MAP_SHARED, pattern_file, 0);
    if (words == MAP_FAILED)
        err(1, "mmap");
    uint64_t state = 88172645463325252ULL;
    for (size_t i = 0; i < pattern_size / sizeof *words; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        words[i] = state;
    }
    pattern = (const char *)words;
}

static void make_form(struct request *request, const struct plan *plan, int64_t number) {
    char part[512];
    int part_size = 0;
    if (plan->extra) {
        const char *equals = strchr(plan->extra, '=');
        int name = equals ? (int)(equals - plan->extra) : (int)strlen(plan->extra);
        part_size = snprintf(
            part, sizeof part, "--%s\r\nContent-Disposition: form-data; name=\"%.*s\"\r\n\r\n%s\r\n", boundary, name,
            plan->extra, equals ? equals + 1 : ""
        );
    }
    part_size += snprintf(
        part + part_size, sizeof part - (size_t)part_size,
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"f%08lld.bin\"\r\n"
        "Content-Type: application/octet-stream\r\n\r\n",
        boundary, plan->field, (long long)number
    );
    request->tail_size = (size_t)snprintf(request->tail, sizeof request->tail, "\r\n--%s--\r\n", boundary);
    request->head_size = (size_t)snprintf(
        request->head, sizeof request->head,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: multipart/form-data; boundary=%s\r\n"
        "Content-Length: %lld\r\n\r\n%s",
        plan->target, plan->port, boundary, (long long)part_size + plan->size + (long long)request->tail_size, part
    );
}

void request_make(struct request *request, const struct plan *plan, int64_t number) {
    if (plan->field) {
        make_form(request, plan, number);
        return;
    }
    request->tail_size = 0;
    request->head_size = (size_t)snprintf(
        request->head, sizeof request->head,
        "PUT %sf%08lld.bin HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Length: %lld\r\n\r\n", plan->target,
        (long long)number, plan->port, (long long)plan->size
    );
}
