#include "clinux_crc.h"
#include "crc_table.h"

#include <pthread.h>
#include <string.h>

/// CRC-32's polynomial, bits reversed.
#define POLYNOMIAL 0xEDB88320u

static struct crc_table table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void) {
    crc_table_fill(&table, POLYNOMIAL);
}

uint32_t clinux_crc32_portable(uint32_t crc, const void *bytes, size_t size) {
    pthread_once(&table_once, fill_table);
    return crc_table_check(&table, crc, bytes, size);
}

#if defined(__aarch64__) && defined(__AARCH64EL__)

#include <sys/auxv.h>

#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif

__attribute__((target("crc")))
static uint32_t crc32_instruction(uint32_t crc, const uint8_t *next, size_t size) {
    crc = ~crc;
    for (; size >= 8; size -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, sizeof word);
        crc = __builtin_arm_crc32d(crc, word);
    }
    for (; size; size--) crc = __builtin_arm_crc32b(crc, *next++);
    return ~crc;
}

uint32_t clinux_crc32(uint32_t crc, const void *bytes, size_t size) {
    return getauxval(AT_HWCAP) & HWCAP_CRC32 ? crc32_instruction(crc, bytes, size)
                                             : clinux_crc32_portable(crc, bytes, size);
}

#else

// The instruction of x86 knows the polynomial of CRC-32C only.
uint32_t clinux_crc32(uint32_t crc, const void *bytes, size_t size) {
    return clinux_crc32_portable(crc, bytes, size);
}

#endif
