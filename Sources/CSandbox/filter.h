#ifndef CSANDBOX_FILTER_H
#define CSANDBOX_FILTER_H

#include <stdbool.h>

/// Compiles the system call filter once; children load it without allocating.
bool csandbox_compile_filter(void);

/// Puts the filter in force for the calling thread and those it starts. Needs no_new_privs.
bool csandbox_load_filter(void);

#endif
