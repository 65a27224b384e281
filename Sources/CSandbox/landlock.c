#define _GNU_SOURCE
#include "landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface (Documentation/userspace-api/landlock.rst), here because headers of an older kernel lack parts.
struct ruleset_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};
enum { CREATE_RULESET_VERSION = 1 };

static uint64_t filesystem_rights(int abi) {
    static const int known[] = {0, 13, 14, 15, 15, 16};  // number of rights by ABI
    int last = (int)(sizeof known / sizeof *known) - 1;
    return (UINT64_C(1) << known[abi < last ? abi : last]) - 1;
}

int csandbox_deny_filesystem(void) {
#if defined(SYS_landlock_create_ruleset) && defined(SYS_landlock_restrict_self)
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (abi <= 0)
        return 0;
    // What the ruleset handles and no rule allows is denied; there are no rules.
    struct ruleset_attributes attributes = {.handled_access_fs = filesystem_rights(abi)};
    size_t size = sizeof attributes.handled_access_fs;
    if (abi >= 4) {
        attributes.handled_access_net = 3;
        size += sizeof attributes.handled_access_net;
    }
    if (abi >= 6) {
        attributes.scoped = 3;
        size += sizeof attributes.scoped;
    }
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (ruleset < 0)
        return 0;
    int failed = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return failed ? 0 : abi;
#else
    return 0;
#endif
}
