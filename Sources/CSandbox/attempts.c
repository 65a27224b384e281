#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CSandbox.h"

bool csandbox_try_open(const char *path) {
    return open(path, O_RDONLY) < 0;
}

bool csandbox_try_create(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_EXCL, 0600) < 0;
}

bool csandbox_try_executable_memory(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

void csandbox_try_socket(void) {
    socket(AF_INET, SOCK_STREAM, 0);
}

void csandbox_try_execute(const char *path) {
    char *const arguments[] = {(char *)path, NULL};
    execv(path, arguments);
}

void csandbox_try_fork(void) {
    if (fork() == 0)
        _exit(0);
}

void csandbox_try_kill_parent(void) {
    kill(getppid(), 0);
}

void csandbox_try_memory(void) {
    enum { PIECE = 16 << 20 };
    for (;;) {
        volatile char *piece = malloc(PIECE);
        if (!piece)
            _exit(CSANDBOX_EXIT_NO_MEMORY);
        piece[0] = 1;
    }
}

void csandbox_try_crash(void) {
    volatile int *nowhere = NULL;
    *nowhere = 1;
}

void csandbox_try_loop(void) {
    for (volatile unsigned turns = 0;; turns++)
        ;
}
