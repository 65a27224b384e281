#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "CSandbox.h"
#include "memory.h"

// Shared with the children: what one of them found is read by its parent, even if it died of it.
static atomic_bool *refused;

bool csandbox_watch_memory(void) {
    void *page = mmap(NULL, sizeof *refused, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return false;
    refused = page;
    return true;
}

void csandbox_forget_refusals(void) {
    if (refused)
        atomic_store(refused, false);
}

bool csandbox_was_refused_memory(void) {
    return refused && atomic_load(refused);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifndef SANITIZED
// Decoders that get no memory say "damaged", or crash: so the program's own allocation functions, which take the place
// of the C library's in all libraries, note it. They only forward, so what they return goes to its free(3).
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void *noted(void *memory) {
    if (!memory && refused)
        atomic_store(refused, true);
    return memory;
}

void *malloc(size_t size) {
    return noted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return noted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size) {
    void *result = __libc_realloc(memory, size);
    return size > 0 ? noted(result) : result;
}

void *memalign(size_t alignment, size_t size) {
    return noted(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return noted(__libc_memalign(alignment, size));
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    void *result = noted(__libc_memalign(alignment, size));
    if (!result)
        return ENOMEM;
    *memory = result;
    return 0;
}
#endif
