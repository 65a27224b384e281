#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "landlock.h"
#include "memory.h"

static struct csandbox_level probed;

void csandbox_step_back(void) {
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) {
        ssize_t ignored = write(score, "500", 3);
        (void)ignored;
        close(score);
    }
    struct sched_param parameter = {.sched_priority = 0};
    sched_setscheduler(0, SCHED_BATCH, &parameter);
    setpriority(PRIO_PROCESS, 0, 10);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
}

static bool limit(int resource, uint64_t value) {
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return false;
    rlim_t wanted = value < now.rlim_max ? value : now.rlim_max;
    return setrlimit(resource, &(struct rlimit){wanted, wanted}) == 0;
}

static struct csandbox_level lock_in(const struct csandbox_limits *limits) {
    struct csandbox_level level = {0};
    level.limits = limit(RLIMIT_AS, limits->address_space) && limit(RLIMIT_CPU, limits->processor_seconds)
        && limit(RLIMIT_FSIZE, limits->file_size) && limit(RLIMIT_NOFILE, 64) && limit(RLIMIT_CORE, 0)
        && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    level.landlock_abi = (uint8_t)csandbox_deny_filesystem();
    level.seccomp = csandbox_load_filter();
    return level;
}

static bool reaches(struct csandbox_level level, struct csandbox_level wanted) {
    return level.limits >= wanted.limits && level.seccomp >= wanted.seccomp && level.landlock_abi >= wanted.landlock_abi;
}

/// Closes all but `kept`, which ascends and begins above 2; 0 to 2 become /dev/null.
static bool keep_only(const int *kept, size_t count) {
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0)
        return false;
    for (int stream = 0; stream < 3; stream++)
        if (nothing != stream && dup2(nothing, stream) < 0)
            return false;
    unsigned next = 3;
    for (size_t i = 0; i < count; next = (unsigned)kept[i++] + 1)
        if ((unsigned)kept[i] > next)
            close_range(next, (unsigned)kept[i] - 1, 0);
    close_range(next, ~0U, 0);
    return true;
}

static _Noreturn void be_child(
    pid_t parent, const struct csandbox_limits *limits, const int *kept, size_t count, void (*body)(void *), void *context
) {
    // The parent has one thread, so this fires when the process dies, not earlier (prctl(2)).
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(CSANDBOX_EXIT_NOT_LOCKED_IN);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);
    if (!keep_only(kept, count) || !reaches(lock_in(limits), probed))
        _exit(CSANDBOX_EXIT_NOT_LOCKED_IN);
    body(context);
    _exit(0);
}

pid_t csandbox_fork(
    const struct csandbox_limits *limits, const int *kept, size_t kept_count, void (*body)(void *), void *context
) {
    csandbox_forget_refusals();
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        be_child(parent, limits, kept, kept_count, body, context);
    return child;
}

struct csandbox_end csandbox_end(pid_t child) {
    int status = 0;
    // A process that already began to exit keeps the status it began with.
    kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return (struct csandbox_end){
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
    };
}

struct csandbox_level csandbox_probe(void) {
    csandbox_watch_memory();
    csandbox_compile_filter();
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return probed;
    pid_t child = fork();
    if (child == 0) {
        struct csandbox_limits limits = {.address_space = UINT64_C(1) << 30, .processor_seconds = 1, .file_size = 0};
        struct csandbox_level level = lock_in(&limits);
        ssize_t ignored = write(ends[1], &level, sizeof level);
        (void)ignored;
        _exit(0);
    }
    close(ends[1]);
    struct csandbox_level level;
    if (child > 0 && read(ends[0], &level, sizeof level) == (ssize_t)sizeof level)
        probed = level;
    close(ends[0]);
    if (child > 0)
        csandbox_end(child);
    return probed;
}
