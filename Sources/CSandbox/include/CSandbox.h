/// Processes that are locked in: fork, limits, Landlock, a seccomp filter; and descriptors over a socket.
///
/// For a process with one thread.
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct csandbox_limits {
    /// RLIMIT_AS in bytes.
    uint64_t address_space;
    /// RLIMIT_CPU; the process gets SIGXCPU.
    uint32_t processor_seconds;
    /// RLIMIT_FSIZE in bytes; writing beyond fails with EFBIG.
    uint64_t file_size;
};

/// What a process that is locked in cannot do any more.
struct csandbox_level {
    bool limits;
    bool seccomp;
    uint8_t landlock_abi;
};

/// How a process ended.
struct csandbox_end {
    /// The signal that ended it, or 0.
    int signal;
    /// Its exit status if no signal ended it.
    int status;
};

enum {
    /// Exit statuses of a child: no memory left; the level of `csandbox_probe` was not reached, nothing was run.
    CSANDBOX_EXIT_NO_MEMORY = 111,
    CSANDBOX_EXIT_NOT_LOCKED_IN = 112,
};

/// Makes the calling process a good neighbour: nice 10, batch scheduling, first to be killed when memory runs out,
/// no core dump, not traceable. Whatever of it is refused is skipped.
void csandbox_step_back(void);

/// Locks in a child to learn what this machine can do. Call once, before `csandbox_fork`.
struct csandbox_level csandbox_probe(void);

/// Forks a child that locks itself in to at least the probed level, calls `body` and exits with 0.
///
/// The child keeps only the descriptors `kept`, in ascending order and above 2; its standard streams are /dev/null. It
/// dies with its parent. Returns the child's pid, or -1.
pid_t csandbox_fork(
    const struct csandbox_limits *limits, const int *kept, size_t kept_count, void (*body)(void *context), void *context
);

/// Whether the calling process, or the child that was forked last, asked for memory and was refused. Not known of
/// programs built with a sanitizer.
bool csandbox_was_refused_memory(void);

/// Kills the child if it still runs, and waits for it.
struct csandbox_end csandbox_end(pid_t child);

/// Receives one datagram and the descriptors it carries, close-on-exec set.
///
/// `descriptor_count` is the room in `descriptors`, then their number. Returns the datagram's size, 0 at the end of the
/// stream, or -1; EMSGSIZE if it or its descriptors did not fit, then no descriptor is left open.
ssize_t csandbox_receive(int socket, void *bytes, size_t capacity, int *descriptors, size_t *descriptor_count);

/// What the sandbox must forbid, tried for real; for a child of `csandbox_fork`. Each returns whether it was refused;
/// where the answer is a signal, none.
bool csandbox_try_open(const char *path);
bool csandbox_try_create(const char *path);
bool csandbox_try_executable_memory(void);
void csandbox_try_socket(void);
void csandbox_try_execute(const char *path);
void csandbox_try_fork(void);
void csandbox_try_kill_parent(void);
/// Allocates until it is refused, then exits with CSANDBOX_EXIT_NO_MEMORY.
void csandbox_try_memory(void);
void csandbox_try_crash(void);
void csandbox_try_loop(void);

#endif
