#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

/// Names the calling thread for `ps -L` and debuggers; the kernel keeps 15 bytes, the rest is cut.
void clinux_name_thread(const char *name);

#endif
