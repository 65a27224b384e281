#ifndef CLINUX_CRC_H
#define CLINUX_CRC_H

#include <stddef.h>
#include <stdint.h>

// Each goes on with the check of earlier bytes, 0 for none.

/// CRC-32C (Castagnoli; RFC 3720 section 12.1), by the processor's own instruction where it has one.
uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t size);

/// The same, by table.
uint32_t clinux_crc32c_portable(uint32_t crc, const void *bytes, size_t size);

/// CRC-32 as of zlib, PNG and Ethernet (ISO-HDLC; RFC 1952 section 8), by the processor's own instruction where it has
/// one.
uint32_t clinux_crc32(uint32_t crc, const void *bytes, size_t size);

/// The same, by table.
uint32_t clinux_crc32_portable(uint32_t crc, const void *bytes, size_t size);

#endif
