#ifndef CLINUX_DIRECTORIES_H
#define CLINUX_DIRECTORIES_H

#include <stdint.h>

/// openat(2) with O_CLOEXEC | O_NOFOLLOW added; `mode` counts only with O_CREAT.
int clinux_open_at(int directory, const char *name, int flags, unsigned mode);

/// A second descriptor of the same open file, close-on-exec (fcntl(2), F_DUPFD_CLOEXEC).
int clinux_duplicate(int descriptor);

/// The magic number of the filesystem (statfs(2), f_type), or -1.
int64_t clinux_filesystem_type(int descriptor);

/// Takes the whole-file lock of flock(2) exclusively, without waiting: EWOULDBLOCK when somebody else has it.
int clinux_lock(int descriptor);

/// Gives that lock up, for all descriptors of the same open file.
int clinux_unlock(int descriptor);

/// Lets the calling thread run and read only when others leave time for it (nice 10, idle I/O class).
///
/// Failure is no error: a service manager's filter may forbid it.
void clinux_lower_thread_priority(void);

#endif
