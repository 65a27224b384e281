#define _GNU_SOURCE
#include "clinux_directories.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int clinux_open_at(int directory, const char *name, int flags, unsigned mode) {
    return openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

int clinux_duplicate(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

int64_t clinux_filesystem_type(int descriptor) {
    struct statfs found;
    // f_type is signed on some machines: CIFS's number has the top bit set.
    return fstatfs(descriptor, &found) == 0 ? (int64_t)(uint32_t)found.f_type : -1;
}

int clinux_lock(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB);
}

int clinux_unlock(int descriptor) {
    return flock(descriptor, LOCK_UN);
}

void clinux_lower_thread_priority(void) {
    // On Linux both act on the calling thread when given 0.
    setpriority(PRIO_PROCESS, 0, 10);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}
