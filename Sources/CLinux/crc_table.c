#include "crc_table.h"

void crc_table_fill(struct crc_table *table, uint32_t polynomial) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        table->rows[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (int row = 1; row < 8; row++) {
            uint32_t before = table->rows[row - 1][byte];
            table->rows[row][byte] = before >> 8 ^ table->rows[0][before & 0xFF];
        }
    }
}

uint32_t crc_table_check(const struct crc_table *table, uint32_t crc, const uint8_t *next, size_t size) {
    const uint32_t(*rows)[256] = table->rows;
    crc = ~crc;
    for (; size >= 8; size -= 8, next += 8) {
        // The four bytes that the check so far counts in, the lowest first, whatever the machine's byte order.
        crc ^= next[0] | (uint32_t)next[1] << 8 | (uint32_t)next[2] << 16 | (uint32_t)next[3] << 24;
        crc = rows[7][crc & 0xFF] ^ rows[6][crc >> 8 & 0xFF] ^ rows[5][crc >> 16 & 0xFF] ^ rows[4][crc >> 24]
            ^ rows[3][next[4]] ^ rows[2][next[5]] ^ rows[1][next[6]] ^ rows[0][next[7]];
    }
    while (size--) crc = rows[0][(crc ^ *next++) & 0xFF] ^ crc >> 8;
    return ~crc;
}
