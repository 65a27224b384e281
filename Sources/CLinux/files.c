#define _GNU_SOURCE
#include "clinux_files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

int clinux_rename_noreplace(int old_directory, const char *old_name, int new_directory, const char *new_name) {
    return renameat2(old_directory, old_name, new_directory, new_name, RENAME_NOREPLACE);
}

int clinux_start_writeback(int descriptor, int64_t offset, int64_t length) {
    return sync_file_range(descriptor, offset, length, SYNC_FILE_RANGE_WRITE);
}

int clinux_reserve(int descriptor, int64_t offset, int64_t length) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length);
}

int clinux_drop_cached_pages(int descriptor) {
    return posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
}

int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode) {
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        // O_TMPFILE contains O_DIRECTORY, and openat2 refuses a mode that has no use.
        .mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

static int64_t nanoseconds(struct statx_timestamp time) {
    int64_t result;
    if (__builtin_mul_overflow(time.tv_sec, 1000000000, &result) ||
        __builtin_add_overflow(result, (int64_t)time.tv_nsec, &result))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return result;
}

static int identity(int directory, const char *name, int flags, struct clinux_identity *identity) {
    struct statx found;
    if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME, &found) != 0)
        return -1;
    *identity = (struct clinux_identity){
        .device_major = found.stx_dev_major,
        .device_minor = found.stx_dev_minor,
        .inode = found.stx_ino,
        .birth_time = found.stx_mask & STATX_BTIME ? nanoseconds(found.stx_btime) : 0,
        .modification_time = nanoseconds(found.stx_mtime),
        .size = found.stx_size,
        .mode = found.stx_mode,
        .links = found.stx_nlink,
        .owner = found.stx_uid,
        .group = found.stx_gid,
    };
    return 0;
}

int clinux_identity_of(int descriptor, struct clinux_identity *result) {
    return identity(descriptor, "", AT_EMPTY_PATH, result);
}

int clinux_identity_at(int directory, const char *name, struct clinux_identity *result) {
    return identity(directory, name, AT_SYMLINK_NOFOLLOW, result);
}

int clinux_set_attribute(int descriptor, const char *name, const void *value, size_t size) {
    return fsetxattr(descriptor, name, value, size, 0);
}

ssize_t clinux_get_attribute(int descriptor, const char *name, void *value, size_t capacity) {
    return fgetxattr(descriptor, name, value, capacity);
}

int clinux_set_times(int descriptor, int64_t nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    struct timespec times[2] = {time, time};
    return futimens(descriptor, times);
}
