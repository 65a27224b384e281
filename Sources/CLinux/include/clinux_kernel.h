#ifndef CLINUX_KERNEL_H
#define CLINUX_KERNEL_H

#include <stddef.h>

/// The kernel's Landlock version (landlock_create_ruleset(2)), or -1 with errno where there is none.
int clinux_landlock_version(void);

/// Gives the memory of whole pages within `bytes`, which must be private and anonymous, back to the kernel
/// (MADV_DONTNEED): they read as zeros afterwards.
void clinux_forget(const void *bytes, size_t count);

#endif
