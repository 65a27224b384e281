#define _GNU_SOURCE
#include "CVips.h"

#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vips/vips.h>
#include <vips/vector.h>

enum { heap_reserve = 32 << 20 };

static int no_memory_status;

/// A damaged file makes libvips print thousands of warnings, and GLib's own handler looks for the journal's socket.
static void swallow(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
    (void)domain;
    (void)data;
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL))
        _exit(message && strstr(message, "allocate") ? no_memory_status : 70);
}

static void allow_only_wanted(void) {
    // The generic savers of a format are parents of its buffer savers, as are the loaders.
    static const char *const wanted[] = {
        "VipsForeignLoadJpeg", "VipsForeignLoadPng",  "VipsForeignLoadWebp", "VipsForeignLoadNsgif",
        "VipsForeignLoadTiff", "VipsForeignLoadHeif", "VipsForeignSaveJpeg", "VipsForeignSaveWebp",
    };
    vips_operation_block_set("VipsForeign", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        vips_operation_block_set(wanted[i], FALSE);
}

static void *initialise_class(GType type, void *ignored) {
    (void)ignored;
    if (!G_TYPE_IS_ABSTRACT(type))
        g_type_class_ref(type);
    return NULL;
}

/// Gives the heap free room at its end that the kernel backs with huge pages, here and in every process forked from here.
///
/// Of the time that a small image takes, much is page faults and giving pages back at the end of its process.
static void reserve_heap(void) {
    enum { huge_page = 2 << 20 };
    void *piece = malloc(heap_reserve - huge_page);
    uintptr_t end = (uintptr_t)sbrk(0);
    uintptr_t start = ((uintptr_t)piece + huge_page - 1) / huge_page * huge_page;
    if (piece && start < end)
        madvise((void *)start, end - start, MADV_HUGEPAGE);  // without effect where the kernel has none
    free(piece);
}

int cvips_start(int exit_on_no_memory) {
    no_memory_status = exit_on_no_memory;
    // One heap for all threads, the one that `reserve_heap` prepares.
    mallopt(M_ARENA_MAX, 1);
    // A process that decodes one image and ends gives nothing back before: pages are faulted in once.
    mallopt(M_MMAP_THRESHOLD, heap_reserve);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    g_log_set_default_handler(swallow, NULL);
    if (vips_init("bucketd-thumbnail") != 0)
        return -1;
    g_log_set_handler("VIPS", G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION, swallow, NULL);
    allow_only_wanted();
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    // Run-time code generation would need memory that is writable and executable.
    vips_vector_set_enabled(FALSE);
    // Done here once, instead of in every process that is forked.
    vips_type_map_all(g_type_from_name("VipsOperation"), initialise_class, NULL);
    reserve_heap();
    return 0;
}

static VipsSource *source_of(int descriptor) {
    if (lseek(descriptor, 0, SEEK_SET) != 0) {
        vips_error("bucketd", "the source cannot seek");
        return NULL;
    }
    return vips_source_new_from_descriptor(descriptor);
}

int cvips_header(int descriptor, const char *loader, struct cvips_header *header) {
    vips_error_clear();
    VipsSource *source = source_of(descriptor);
    if (!source)
        return -1;
    // Named, not found: finding asks every loader, also blocked ones, whether it knows the bytes.
    VipsImage *image = NULL;
    int failed = vips_call(loader, source, &image, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    g_object_unref(source);
    if (failed)
        return -1;
    *header = (struct cvips_header){
        .width = (uint32_t)vips_image_get_width(image),
        .height = (uint32_t)vips_image_get_height(image),
        .pages = (uint32_t)vips_image_get_n_pages(image),
        .has_profile = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0,
    };
    g_object_unref(image);
    return 0;
}

/// Takes `image`, computes it, and keeps nothing of it but 8-bit sRGB pixels.
static VipsImage *bare_pixels(VipsImage *image) {
    VipsImage *colours = NULL, *bytes = NULL, *memory = NULL, *result = NULL;
    void *pixels = NULL;
    size_t size = 0;
    if (vips_colourspace(image, &colours, VIPS_INTERPRETATION_sRGB, NULL) == 0
        && vips_cast(colours, &bytes, VIPS_FORMAT_UCHAR, NULL) == 0)
        pixels = vips_image_write_to_memory(bytes, &size);
    if (pixels)
        memory = vips_image_new_from_memory_copy(pixels, size, bytes->Xsize, bytes->Ysize, bytes->Bands, VIPS_FORMAT_UCHAR);
    if (memory)
        vips_copy(memory, &result, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    g_free(pixels);
    g_clear_object(&memory);
    g_clear_object(&bytes);
    g_clear_object(&colours);
    g_object_unref(image);
    return result;
}

static VipsImage *decode(int descriptor, int box, const char *profile) {
    VipsSource *source = source_of(descriptor);
    if (!source)
        return NULL;
    VipsImage *image = NULL;
    // libvips 8.14 does not hand its `fail_on` argument to the loader; the option string reaches it.
    int failed = profile
        ? vips_thumbnail_source(
              source, &image, box, "height", box, "size", VIPS_SIZE_DOWN, "option_string", "fail_on=truncated",
              "export_profile", profile, NULL
          )
        : vips_thumbnail_source(
              source, &image, box, "height", box, "size", VIPS_SIZE_DOWN, "option_string", "fail_on=truncated", NULL
          );
    g_object_unref(source);
    return failed ? NULL : bare_pixels(image);
}

cvips_picture *cvips_thumbnail(int descriptor, int box, bool use_profile) {
    vips_error_clear();
    // Asked to convert an image that has no profile, libvips assumes one, and the colours move.
    VipsImage *image = decode(descriptor, box, use_profile ? "srgb" : NULL);
    if (!image && use_profile && strcasestr(vips_error_buffer(), "profile")) {
        // A colour profile that cannot be used is no reason to have no thumbnail.
        vips_error_clear();
        image = decode(descriptor, box, NULL);
    }
    return (cvips_picture *)image;
}

cvips_picture *cvips_shrink(cvips_picture *picture, int box) {
    vips_error_clear();
    VipsImage *image = NULL;
    if (vips_thumbnail_image((VipsImage *)picture, &image, box, "height", box, "size", VIPS_SIZE_DOWN, NULL) != 0)
        return NULL;
    return (cvips_picture *)bare_pixels(image);
}

uint32_t cvips_width(cvips_picture *picture) {
    return (uint32_t)vips_image_get_width((VipsImage *)picture);
}

uint32_t cvips_height(cvips_picture *picture) {
    return (uint32_t)vips_image_get_height((VipsImage *)picture);
}

static int encode_jpeg(VipsImage *image, int quality, void **bytes, size_t *size) {
    VipsImage *flat = NULL;
    if (vips_image_hasalpha(image)) {
        VipsArrayDouble *white = vips_array_double_newv(3, 255.0, 255.0, 255.0);
        int failed = vips_flatten(image, &flat, "background", white, NULL);
        vips_area_unref(VIPS_AREA(white));
        if (failed)
            return -1;
    } else {
        flat = g_object_ref(image);
    }
    int failed = vips_jpegsave_buffer(flat, bytes, size, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, NULL);
    g_object_unref(flat);
    return failed;
}

int cvips_encode(cvips_picture *picture, enum cvips_format format, int quality, const void **bytes, size_t *size) {
    vips_error_clear();
    VipsImage *image = (VipsImage *)picture;
    void *buffer = NULL;
    int failed = format == CVIPS_JPEG
        ? encode_jpeg(image, quality, &buffer, size)
        : vips_webpsave_buffer(image, &buffer, size, "Q", quality, "strip", TRUE, NULL);
    *bytes = buffer;
    return failed ? -1 : 0;
}

void cvips_release(cvips_picture *picture) {
    g_object_unref(picture);
}

enum cvips_failure cvips_failure(void) {
    // The libraries below tell their reasons in words only; the first that fits decides.
    static const struct {
        const char *words;
        enum cvips_failure failure;
    } reasons[] = {
        {"limit exceeded", CVIPS_TOO_LARGE},   {"too large", CVIPS_TOO_LARGE},     {"(0 elements", CVIPS_DAMAGED},
        {"out of memory", CVIPS_NO_MEMORY},    {"memory alloc", CVIPS_NO_MEMORY},  {"insufficient memory", CVIPS_NO_MEMORY},
        {"allocate memory", CVIPS_NO_MEMORY},  {"creating thread", CVIPS_NO_MEMORY}, {"unsupported", CVIPS_UNSUPPORTED}, {"not supported", CVIPS_UNSUPPORTED},
        {"not a known", CVIPS_UNSUPPORTED},    {"blocked", CVIPS_UNSUPPORTED},     {"not in a known", CVIPS_UNSUPPORTED},
    };
    const char *text = vips_error_buffer();
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (strcasestr(text, reasons[i].words))
            return reasons[i].failure;
    return CVIPS_DAMAGED;
}

const char *cvips_failure_text(void) {
    return vips_error_buffer();
}
