#include "hash.h"

#include <dlfcn.h>
#include <err.h>

static const void *(*sha256)(void);
static void *(*new_context)(void);
static void (*free_context)(void *);
static int (*begin)(void *, const void *, void *);
static int (*update)(void *, const void *, size_t);
static int (*end)(void *, unsigned char *, unsigned *);

static void *find(void *library, const char *name) {
    void *function = dlsym(library, name);
    if (!function)
        errx(1, "libcrypto has no %s", name);
    return function;
}

void hash_load(void) {
    void *library = dlopen("libcrypto.so.3", RTLD_NOW);
    if (!library)
        errx(1, "OpenSSL 3 is needed: %s", dlerror());
    // POSIX promises that a function's address fits a `void *`.
    *(void **)&sha256 = find(library, "EVP_sha256");
    *(void **)&new_context = find(library, "EVP_MD_CTX_new");
    *(void **)&free_context = find(library, "EVP_MD_CTX_free");
    *(void **)&begin = find(library, "EVP_DigestInit_ex");
    *(void **)&update = find(library, "EVP_DigestUpdate");
    *(void **)&end = find(library, "EVP_DigestFinal_ex");
    // The first digest makes OpenSSL read its settings, which belongs to no file.
    struct hash first = hash_begin();
    char text[hash_text_size];
    hash_end(&first, text);
}

struct hash hash_begin(void) {
    struct hash hash = {new_context()};
    if (!hash.context || begin(hash.context, sha256(), NULL) != 1)
        errx(1, "SHA-256 is not to be had");
    return hash;
}

void hash_update(struct hash *hash, const void *bytes, size_t size) {
    if (update(hash->context, bytes, size) != 1)
        errx(1, "SHA-256 failed");
}

void hash_end(struct hash *hash, char text[hash_text_size]) {
    unsigned char digest[32];
    unsigned size = 0;
    if (end(hash->context, digest, &size) != 1 || size != sizeof digest)
        errx(1, "SHA-256 failed");
    free_context(hash->context);
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
}
