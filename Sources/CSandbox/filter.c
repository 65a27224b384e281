#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Everything that is not named here kills the process. No call here names a file or reaches another process.
static const int allowed[] = {
    SCMP_SYS(brk), SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(close),
    SCMP_SYS(dup), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fstat), SCMP_SYS(ftruncate), SCMP_SYS(futex),
    SCMP_SYS(getcpu), SCMP_SYS(getegid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getpid), SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(getuid), SCMP_SYS(lseek),
    SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap), SCMP_SYS(nanosleep), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(read), SCMP_SYS(readv),
    SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(set_robust_list), SCMP_SYS(sigaltstack),
    SCMP_SYS(sysinfo), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(umask), SCMP_SYS(uname), SCMP_SYS(write),
    SCMP_SYS(writev),
};

// Harmless questions of libraries, answered with an error they live with.
static const struct {
    int call;
    int error;
} refused[] = {
    {SCMP_SYS(access), EACCES}, {SCMP_SYS(faccessat), EACCES}, {SCMP_SYS(faccessat2), EACCES},
    {SCMP_SYS(getcwd), EACCES}, {SCMP_SYS(lstat), EACCES}, {SCMP_SYS(open), EACCES}, {SCMP_SYS(openat), EACCES},
    {SCMP_SYS(openat2), EACCES}, {SCMP_SYS(creat), EACCES}, {SCMP_SYS(readlink), EACCES}, {SCMP_SYS(readlinkat), EACCES},
    {SCMP_SYS(stat), EACCES}, {SCMP_SYS(unlink), EACCES}, {SCMP_SYS(unlinkat), EACCES},
    // glibc then uses clone, whose flags a filter can see; clone3 passes them in memory.
    {SCMP_SYS(clone3), ENOSYS}, {SCMP_SYS(statx), ENOSYS}, {SCMP_SYS(membarrier), ENOSYS},
    {SCMP_SYS(memfd_create), EPERM}, {SCMP_SYS(get_mempolicy), EPERM}, {SCMP_SYS(set_mempolicy), EPERM},
    {SCMP_SYS(sched_getattr), EPERM}, {SCMP_SYS(sched_setattr), EPERM}, {SCMP_SYS(sched_setscheduler), EPERM},
    {SCMP_SYS(setpriority), EPERM}, {SCMP_SYS(getpeername), ENOTSOCK}, {SCMP_SYS(ioctl), ENOTTY},
    // abort(3) then ends by an invalid instruction.
    {SCMP_SYS(tgkill), EPERM}, {SCMP_SYS(tkill), EPERM},
};

static struct sock_fprog program;

static bool add(scmp_filter_ctx filter, uint32_t action, int call, unsigned count, const struct scmp_arg_cmp *conditions) {
    int failure = seccomp_rule_add_array(filter, action, call, count, conditions);
    return failure == 0 || failure == -EDOM;  // EDOM: the architecture has no such call
}

static bool allow_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition) {
    return add(filter, SCMP_ACT_ALLOW, call, 1, &condition);
}

/// Memory that can be executed is refused: code that was smuggled in cannot be run.
static bool add_memory_rules(scmp_filter_ctx filter, int call) {
    struct scmp_arg_cmp executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
    return allow_if(filter, call, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
        && add(filter, SCMP_ACT_ERRNO(EACCES), call, 1, &executable);
}

static bool add_rules(scmp_filter_ctx filter) {
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (!add(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL))
            return false;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (!add(filter, SCMP_ACT_ERRNO(refused[i].error), refused[i].call, 0, NULL))
            return false;
    static const int commands[] = {F_GETFD, F_GETFL, F_DUPFD_CLOEXEC};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!allow_if(filter, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i])))
            return false;
    struct scmp_arg_cmp named = SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0);
    struct scmp_arg_cmp own_limits[] = {SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0)};
    return add_memory_rules(filter, SCMP_SYS(mmap)) && add_memory_rules(filter, SCMP_SYS(mprotect))
        && allow_if(filter, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD))
        && allow_if(filter, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME))
        && allow_if(filter, SCMP_SYS(newfstatat), SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH))
        && add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1, &named)
        && add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, own_limits);
}

/// libseccomp 2.5 writes a program only to a descriptor.
static bool keep_program(scmp_filter_ctx filter) {
    int file = memfd_create("filter", MFD_CLOEXEC);
    if (file < 0)
        return false;
    off_t size = seccomp_export_bpf(filter, file) == 0 ? lseek(file, 0, SEEK_END) : 0;
    void *bytes = size > 0 ? malloc((size_t)size) : NULL;
    bool kept = bytes && pread(file, bytes, (size_t)size, 0) == size;
    close(file);
    if (!kept)
        return free(bytes), false;
    program = (struct sock_fprog){.len = (unsigned short)((size_t)size / sizeof(struct sock_filter)), .filter = bytes};
    return true;
}

bool csandbox_compile_filter(void) {
    if (program.filter)
        return true;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return false;
    // A binary tree of calls: a decoder makes very many, and a linear program would be walked by each.
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    bool compiled = add_rules(filter) && keep_program(filter);
    seccomp_release(filter);
    return compiled;
}

bool csandbox_load_filter(void) {
    return program.filter && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}
