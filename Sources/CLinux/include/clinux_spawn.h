#ifndef CLINUX_SPAWN_H
#define CLINUX_SPAWN_H

#include <sys/types.h>

/// Starts a program in a process group of its own, with `input`, `output` and `error` as its standard descriptors,
/// no others open, and no signal blocked or ignored. The kernel kills it when the calling *thread* ends
/// (PR_SET_PDEATHSIG), so call it from a thread that lives as long as the process. Returns the process id, or -1 with
/// errno, also when the program cannot be executed.
pid_t clinux_spawn(
    const char *path,
    char *const arguments[],
    char *const environment[],
    int input,
    int output,
    int error
);

/// A pipe whose ends are close-on-exec from the start (pipe2(2)): the reading one, then the writing one.
int clinux_pipe(int ends[2]);

/// Waits for a child's end and leaves it to be reaped, so that its process id stays its own.
int clinux_await_exit(pid_t process);

/// Waits for a child's end and reaps it (waitpid(2)): its exit status, 128 + the signal that ended it, or -1 with errno.
int clinux_wait(pid_t process);

#endif
