#define _GNU_SOURCE
#include "clinux_kernel.h"

#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

void clinux_forget(const void *bytes, size_t count) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)bytes + page - 1) & ~(page - 1), end = ((uintptr_t)bytes + count) & ~(page - 1);
    if (start < end)
        (void)madvise((void *)start, end - start, MADV_DONTNEED);
}
