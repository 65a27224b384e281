#ifndef CSANDBOX_LANDLOCK_H
#define CSANDBOX_LANDLOCK_H

/// Denies the calling thread the filesystem, TCP and signals to others, as far as the kernel's Landlock goes.
/// Needs no_new_privs. Returns the ABI in force, or 0.
int csandbox_deny_filesystem(void);

#endif
