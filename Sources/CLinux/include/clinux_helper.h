#ifndef CLINUX_HELPER_H
#define CLINUX_HELPER_H

#include <stddef.h>
#include <sys/types.h>

/// A connected pair of sockets that keep message borders (SOCK_SEQPACKET), close-on-exec. Returns 0 or -1.
int clinux_message_pair(int ends[2]);

/// Sends one message, with descriptors (SCM_RIGHTS, at most 16), without SIGPIPE and without waiting for room.
ssize_t clinux_send_message(int socket, const void *bytes, size_t size, const int *descriptors, size_t count);

/// Starts a helper that shares nothing with this process but `control`, its standard input.
///
/// Output and error go to /dev/null, every other descriptor is closed, the directory is /, signals are at their
/// defaults, and it leads a process group of its own. Returns 0 or an error number; ENOENT and EACCES speak of `path`.
int clinux_spawn_helper(const char *path, char *const environment[], int control, pid_t *pid);

#endif
