/// libvips as fixed functions: its own take variable arguments, which Swift cannot pass.
///
/// Not thread-safe, and once `cvips_header` has run the process has threads: fork before, never after.
#ifndef CVIPS_H
#define CVIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An 8-bit sRGB picture in memory, with or without alpha, that carries no metadata.
typedef struct cvips_picture cvips_picture;

struct cvips_header {
    uint32_t width;
    uint32_t height;
    uint32_t pages;
    /// Whether colours are to be converted by a profile in the file.
    bool has_profile;
};

/// What the last failed call failed of.
enum cvips_failure {
    CVIPS_DAMAGED,
    CVIPS_TOO_LARGE,
    CVIPS_UNSUPPORTED,
    CVIPS_NO_MEMORY,
};

enum cvips_format {
    CVIPS_WEBP,
    CVIPS_JPEG,
};

/// Initialises libvips with all but the wanted loaders and savers blocked, no cache and one worker thread.
///
/// GLib ends the process when an allocation fails; it then exits with `exit_on_no_memory`. Returns 0 or -1.
int cvips_start(int exit_on_no_memory);

/// Reads the header of the file in `descriptor` by the loader of that name ("jpegload_source"), and decodes nothing.
/// Returns 0 or -1.
int cvips_header(int descriptor, const char *loader, struct cvips_header *header);

/// Decodes the first frame of the file in `descriptor`, the right way up, to fit a square of `box` pixels; never
/// enlarges. A file that is cut short fails. NULL on failure.
cvips_picture *cvips_thumbnail(int descriptor, int box, bool use_profile);

/// A smaller picture of a picture. NULL on failure.
cvips_picture *cvips_shrink(cvips_picture *picture, int box);

uint32_t cvips_width(cvips_picture *picture);
uint32_t cvips_height(cvips_picture *picture);

/// Encodes to memory that lives until the process ends. JPEG has no alpha: it gets a white ground. WebP comes with an
/// EXIF chunk that libvips 8.14 adds even when told to strip. Returns 0 or -1.
int cvips_encode(cvips_picture *picture, enum cvips_format format, int quality, const void **bytes, size_t *size);

void cvips_release(cvips_picture *picture);

/// The reason of the last failure, and its text, which is partly the file's own.
enum cvips_failure cvips_failure(void);
const char *cvips_failure_text(void);

#endif
