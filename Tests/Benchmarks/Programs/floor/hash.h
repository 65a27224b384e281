/// SHA-256 as fast as the processor can: OpenSSL's, found when the program starts, so that nothing is needed to build it.
#ifndef FLOOR_HASH_H
#define FLOOR_HASH_H

#include <stddef.h>

enum { hash_text_size = 64 };

struct hash {
    void *context;
};

/// Ends the program if there is no OpenSSL 3.
void hash_load(void);
struct hash hash_begin(void);
void hash_update(struct hash *hash, const void *bytes, size_t size);
/// In lowercase hexadecimal, without a NUL.
void hash_end(struct hash *hash, char text[hash_text_size]);

#endif
