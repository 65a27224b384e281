// system-call-trap PID N: kills the process PID just before the N-th system call that changes files, counted from now
// over all its threads, or with 0 lists those calls. strace counts each thread for itself, so that it cannot walk through the calls of a whole process.
//
// Prints "attached" once it counts, then "killed before CALL", or a line "call CALL" for each; ended by SIGTERM "ended".
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    long number;
    const char *name;
} calls[] = {
    {SYS_pwrite64, "pwrite64"},
    {SYS_pwritev, "pwritev"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_fsync, "fsync"},
    {SYS_renameat2, "renameat2"},
#ifdef SYS_renameat
    {SYS_renameat, "renameat"},
#endif
#ifdef SYS_rename
    {SYS_rename, "rename"},
#endif
    {SYS_linkat, "linkat"},
    {SYS_unlinkat, "unlinkat"},
#ifdef SYS_unlink
    {SYS_unlink, "unlink"},
#endif
    {SYS_mkdirat, "mkdirat"},
    {SYS_fchmod, "fchmod"},
    {SYS_fchown, "fchown"},
    {SYS_utimensat, "utimensat"},
    {SYS_fsetxattr, "fsetxattr"},
    {SYS_ftruncate, "ftruncate"},
    {SYS_fallocate, "fallocate"},
    {SYS_sync_file_range, "sync_file_range"},
};

static volatile sig_atomic_t is_ended = 0;

static void end(int signal) {
    (void)signal;
    is_ended = 1;
}

/// The name of a call that changes files, or NULL. Of openat(2), only what may make a file.
static const char *changing_call(const struct __ptrace_syscall_info *info) {
    if (info->entry.nr == SYS_openat) {
        return info->entry.args[2] & O_CREAT ? "openat" : NULL;
    }
    for (size_t place = 0; place < sizeof calls / sizeof calls[0]; place++) {
        if ((long)info->entry.nr == calls[place].number) return calls[place].name;
    }
    return NULL;
}

/// Seizes the threads that are there and not seized yet; how many that were, or -1.
static int seize_threads(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *threads = opendir(path);
    if (threads == NULL) return -1;
    int count = 0;
    const struct dirent *entry;
    while ((entry = readdir(threads)) != NULL) {
        pid_t thread = atoi(entry->d_name);
        if (thread == 0) continue;
        // EPERM: it is seized already, by its parent's PTRACE_O_TRACECLONE or by an earlier round.
        long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
        if (ptrace(PTRACE_SEIZE, thread, 0, options) != 0) continue;
        ptrace(PTRACE_INTERRUPT, thread, 0, 0);
        count++;
    }
    closedir(threads);
    return count;
}

/// Whether the call that a thread is about to make is the one to die at.
static bool is_due(pid_t thread, long wanted, long *count) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return false;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return false;
    const char *name = changing_call(&info);
    if (name == NULL) return false;
    if (wanted == 0) printf("call %s\n", name);
    if (++*count != wanted) return false;
    printf("killed before %s\n", name);
    return true;
}

static void resume(pid_t thread, int status) {
    int signal = WSTOPSIG(status);
    int event = status >> 16;
    if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
        ptrace(PTRACE_LISTEN, thread, 0, 0);
    } else {
        bool is_ours = event != 0 || signal == (SIGTRAP | 0x80);
        ptrace(PTRACE_SYSCALL, thread, 0, is_ours ? 0 : signal);
    }
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    pid_t process = atoi(arguments[1]);
    long wanted = atol(arguments[2]);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int first = seize_threads(process);
    if (first <= 0) return 1;
    while (seize_threads(process) > 0) continue;
    printf("attached\n");
    long seen = 0;
    while (!is_ended) {
        int status;
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (!WIFSTOPPED(status)) continue;
        if (WSTOPSIG(status) == (SIGTRAP | 0x80) && is_due(thread, wanted, &seen)) {
            // A thread that stops at the beginning of a call and is killed there does not make it (ptrace(2)).
            kill(process, SIGKILL);
        } else {
            resume(thread, status);
        }
    }
    printf("ended\n");
    return 0;
}
