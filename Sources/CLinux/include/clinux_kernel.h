#ifndef CLINUX_KERNEL_H
#define CLINUX_KERNEL_H

/// The kernel's Landlock version (landlock_create_ruleset(2)), or -1 with errno where there is none.
int clinux_landlock_version(void);

#endif
