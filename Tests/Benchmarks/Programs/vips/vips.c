// What a program makes that uses libvips itself: thumbnails as the daemon's helper makes them, one after the other in one
// process, with libvips as it comes but for one thread, so that processor time is comparable.
//
// Usage: make WIDTH HEIGHT FILE writes a JPEG; FILE COUNT BOX QUALITY OUTPUT makes WebP thumbnails of it.
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <vips/vips.h>

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double processor_time(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/// Large shapes, fine ones and noise, so that the file is as large as a photograph's.
static void make(int width, int height, const char *file) {
    VipsImage *bands[3], *joined, *noise, *sum, *bytes;
    for (int i = 0; i < 3; i++) {
        VipsImage *shapes, *floats;
        if (vips_perlin(&shapes, width, height, "cell_size", 256 >> i, "uchar", TRUE, "seed", i + 1, NULL) != 0
            || vips_linear1(shapes, &floats, 0.9, 10, NULL) != 0)
            vips_error_exit(NULL);
        bands[i] = floats;
    }
    if (vips_bandjoin(bands, &joined, 3, NULL) != 0
        || vips_gaussnoise(&noise, width, height, "mean", 0.0, "sigma", 6.0, "seed", 4, NULL) != 0
        || vips_add(joined, noise, &sum, NULL) != 0 || vips_cast_uchar(sum, &bytes, NULL) != 0
        || vips_jpegsave(bytes, file, "Q", 90, NULL) != 0)
        vips_error_exit(NULL);
}

static VipsImage *thumbnail(const char *file, int box) {
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        err(1, "%s", file);
    VipsSource *source = vips_source_new_from_descriptor(descriptor);
    VipsImage *image;
    if (!source || vips_thumbnail_source(source, &image, box, "height", box, "size", VIPS_SIZE_DOWN, NULL) != 0)
        vips_error_exit(NULL);
    g_object_unref(source);
    close(descriptor);
    return image;
}

static void make_thumbnails(const char *file, int count, int box, int quality, const char *output) {
    int width = 0, height = 0;
    double start = now(), begin = processor_time();
    for (int i = 0; i < count; i++) {
        VipsImage *image = thumbnail(file, box);
        width = vips_image_get_width(image);
        height = vips_image_get_height(image);
        if (vips_webpsave(image, output, "Q", quality, "strip", TRUE, NULL) != 0)
            vips_error_exit(NULL);
        g_object_unref(image);
    }
    printf(
        "requests=%d seconds=%.6f cpu=%.6f width=%d height=%d\n", count, now() - start, processor_time() - begin, width,
        height);
}

int main(int count, char *arguments[]) {
    if (VIPS_INIT(arguments[0]) != 0)
        vips_error_exit(NULL);
    vips_concurrency_set(1);
    // Else every image but the first would be found, not decoded.
    vips_cache_set_max(0);
    if (count == 5 && strcmp(arguments[1], "make") == 0)
        make(atoi(arguments[2]), atoi(arguments[3]), arguments[4]);
    else if (count == 6)
        make_thumbnails(arguments[1], atoi(arguments[2]), atoi(arguments[3]), atoi(arguments[4]), arguments[5]);
    else
        errx(2, "usage: make WIDTH HEIGHT FILE, or FILE COUNT BOX QUALITY OUTPUT");
    return 0;
}
