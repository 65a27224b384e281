#include "clinux_crc.h"
#include "crc_table.h"

#include <pthread.h>
#include <string.h>

/// CRC-32C's polynomial, bits reversed.
#define POLYNOMIAL 0x82F63B78u

static struct crc_table table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void) {
    crc_table_fill(&table, POLYNOMIAL);
}

uint32_t clinux_crc32c_portable(uint32_t crc, const void *bytes, size_t size) {
    pthread_once(&table_once, fill_table);
    return crc_table_check(&table, crc, bytes, size);
}

#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *next, size_t size) {
    uint64_t wide = (uint32_t)~crc;
    for (; size >= 8; size -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; size; size--) narrow = __builtin_ia32_crc32qi(narrow, *next++);
    return ~narrow;
}

static int has_instruction(void) {
    return __builtin_cpu_supports("sse4.2");
}

#elif defined(__aarch64__) && defined(__AARCH64EL__)

#include <sys/auxv.h>

#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif

__attribute__((target("crc")))
static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *next, size_t size) {
    crc = ~crc;
    for (; size >= 8; size -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, sizeof word);
        crc = __builtin_arm_crc32cd(crc, word);
    }
    for (; size; size--) crc = __builtin_arm_crc32cb(crc, *next++);
    return ~crc;
}

static int has_instruction(void) {
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}

#else

static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *next, size_t size) {
    return clinux_crc32c_portable(crc, next, size);
}

static int has_instruction(void) {
    return 0;
}

#endif

uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t size) {
    return has_instruction() ? crc32c_instruction(crc, bytes, size) : clinux_crc32c_portable(crc, bytes, size);
}
