#ifndef CSANDBOX_MEMORY_H
#define CSANDBOX_MEMORY_H

#include <stdbool.h>

/// Begins to note refused allocations of this process and its children.
bool csandbox_watch_memory(void);

/// Before a child is forked.
void csandbox_forget_refusals(void);

#endif
