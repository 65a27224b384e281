#define _GNU_SOURCE
#include "clinux_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/// Reports errno to the parent through the pipe; async-signal-safe, as everything between fork and exec must be.
static void give_up(int report) {
    int error = errno;
    ssize_t written = write(report, &error, sizeof(error));
    (void)written;
    _exit(127);
}

static void become(
    const char *path, char *const arguments[], char *const environment[], const int standard[3], int report, pid_t parent
) {
    sigset_t none;
    sigemptyset(&none);
    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        signal(signal_number, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        give_up(report);
    }
    if (getppid() != parent) {
        _exit(127);
    }
    // First above 2, so that no dup2 overwrites one that is still needed.
    int moved[3];
    for (int index = 0; index < 3; index++) {
        moved[index] = fcntl(standard[index], F_DUPFD_CLOEXEC, 3);
        if (moved[index] < 0) {
            give_up(report);
        }
    }
    for (int index = 0; index < 3; index++) {
        if (dup2(moved[index], index) < 0) {
            give_up(report);
        }
    }
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        give_up(report);
    }
    execve(path, arguments, environment);
    give_up(report);
}

pid_t clinux_spawn(
    const char *path, char *const arguments[], char *const environment[], int input, int output, int error
) {
    const int standard[3] = {input, output, error};
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        return -1;
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        become(path, arguments, environment, standard, report[1], parent);
    }
    int failure = child < 0 ? errno : 0;
    close(report[1]);
    if (child > 0) {
        ssize_t size;
        do {
            size = read(report[0], &failure, sizeof(failure));
        } while (size < 0 && errno == EINTR);
        if (size > 0) {
            clinux_wait(child);
        } else {
            failure = 0;
        }
    }
    close(report[0]);
    if (failure != 0) {
        errno = failure;
        return -1;
    }
    return child;
}

int clinux_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int clinux_await_exit(pid_t process) {
    siginfo_t information;
    int failure;
    do {
        failure = waitid(P_PID, (id_t)process, &information, WEXITED | WNOWAIT);
    } while (failure != 0 && errno == EINTR);
    return failure;
}

int clinux_wait(pid_t process) {
    int status;
    pid_t ended;
    do {
        ended = waitpid(process, &status, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended < 0) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
