#ifndef CLINUX_CRC32C_H
#define CLINUX_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// Goes on with the CRC-32C (RFC 3720 section 12.1) of earlier bytes, 0 for none, by the processor's own instruction
/// where it has one.
uint32_t clinux_crc32c(uint32_t crc, const void *bytes, size_t size);

/// The same, by table.
uint32_t clinux_crc32c_portable(uint32_t crc, const void *bytes, size_t size);

#endif
