#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// renameat2(2) with RENAME_NOREPLACE: EEXIST when the new name is taken, EINVAL where the filesystem lacks the flag.
int clinux_rename_noreplace(int old_directory, const char *old_name, int new_directory, const char *new_name);

/// Starts writing the range's dirty pages to the device and does not wait (sync_file_range(2), SYNC_FILE_RANGE_WRITE).
int clinux_start_writeback(int descriptor, int64_t offset, int64_t length);

/// Reserves blocks without changing the file's size (fallocate(2), FALLOC_FL_KEEP_SIZE).
int clinux_reserve(int descriptor, int64_t offset, int64_t length);

/// Drops the file's clean cached pages, so that the next read comes from the device (posix_fadvise(2), DONTNEED).
/// Returns the error number itself, as posix_fadvise does.
int clinux_drop_cached_pages(int descriptor);

/// openat2(2) below `directory` with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS; ENOSYS where a seccomp filter hides it.
int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode);

/// What identifies a file and tells whether it was touched.
struct clinux_identity {
    uint32_t device_major;
    uint32_t device_minor;
    uint64_t inode;
    /// Nanoseconds since 1970; 0 where the filesystem keeps no birth time.
    int64_t birth_time;
    int64_t modification_time;
    uint64_t size;
    uint32_t mode;
    uint32_t links;
    uint32_t owner;
    uint32_t group;
};

/// statx(2) of an open file.
int clinux_identity_of(int descriptor, struct clinux_identity *identity);

/// statx(2) of a name relative to `directory`, symbolic links not followed.
int clinux_identity_at(int directory, const char *name, struct clinux_identity *identity);

int clinux_set_attribute(int descriptor, const char *name, const void *value, size_t size);

/// The value's size, or -1; at most `capacity` bytes are written to `value`.
ssize_t clinux_get_attribute(int descriptor, const char *name, void *value, size_t capacity);

/// Sets the modification and access times to nanoseconds since 1970 (futimens(3)).
int clinux_set_times(int descriptor, int64_t nanoseconds);

#endif
