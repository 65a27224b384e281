#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

/// Raises the limit of open descriptors to the most that is allowed (RLIMIT_NOFILE, getrlimit(2)); the limit, or -1.
long clinux_raise_descriptor_limit(void);

/// Makes malloc serve buffers of up to 1 MiB from its heap and keep a little of it when they are freed (mallopt(3)).
///
/// As it comes, glibc maps and unmaps every buffer of 128 KiB and more, which costs a page fault for each of its pages.
void clinux_keep_buffers(void);

/// Gives all whole pages back to the kernel that malloc keeps free (malloc_trim(3)); takes milliseconds.
void clinux_release_memory(void);

#endif
