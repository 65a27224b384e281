#ifndef CRC_TABLE_H
#define CRC_TABLE_H

#include <stddef.h>
#include <stdint.h>

/// What each value of a byte adds to a check, for each of eight bytes that are taken at once.
struct crc_table {
    uint32_t rows[8][256];
};

/// `polynomial` with its bits reversed.
void crc_table_fill(struct crc_table *table, uint32_t polynomial);

/// Goes on with `crc` over the bytes.
uint32_t crc_table_check(const struct crc_table *table, uint32_t crc, const uint8_t *next, size_t size);

#endif
