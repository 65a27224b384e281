// A disk that remembers: one FUSE file, made to lie below a loop device, that logs each write and each flush in order.
//
//   bucketd-block-log DISK LOG MOUNTPOINT
//
// serves DISK as MOUNTPOINT/disk until SIGTERM. LOG grows by a `struct record` for each request, and by a write's bytes,
// before the request is answered: whatever LOG's size is at a moment, every request answered by then lies below it.
// One thread serves all requests, so the log's order is the order in which they took effect.
//
// MOUNTPOINT/control: "fail SKIP COUNT" lets SKIP more flushes succeed and then COUNT fail with EIO; reading it gives
// "FLUSHES FAILED", the flushes asked for and those failed since the last "fail".
//
// DISK itself is never synced: what is lost by a power cut is decided from the log.

#define _GNU_SOURCE
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, FLUSH = 2, FAILED_FLUSH = 3 };

// Native byte order; the reader is on the same machine.
struct record {
    uint32_t kind;
    // Of the bytes that follow; 0 unless WRITE.
    uint32_t size;
    uint64_t offset;
};

static const char disk_path[] = "/disk", control_path[] = "/control";
static int disk, record_log;
static off_t disk_size;
static uint64_t flushes, failed, to_skip, to_fail;

// A log with a hole proves nothing: the disk ends with it.
static void append(enum kind kind, uint64_t offset, const char *bytes, size_t size) {
    struct record record = {.kind = kind, .size = (uint32_t)size, .offset = offset};
    struct iovec parts[] = {{&record, sizeof record}, {(void *)bytes, size}};
    if (writev(record_log, parts, 2) != (ssize_t)(sizeof record + size)) {
        perror("bucketd-block-log: the log cannot grow");
        abort();
    }
}

static int get_attributes(const char *path, struct stat *status, struct fuse_file_info *info) {
    (void)info;
    memset(status, 0, sizeof *status);
    if (strcmp(path, "/") == 0) {
        status->st_mode = S_IFDIR | 0700;
        status->st_nlink = 2;
        return 0;
    }
    status->st_mode = S_IFREG | 0600;
    status->st_nlink = 1;
    if (strcmp(path, disk_path) == 0)
        status->st_size = disk_size;
    else if (strcmp(path, control_path) != 0)
        return -ENOENT;
    return 0;
}

static int open_file(const char *path, struct fuse_file_info *info) {
    info->fh = strcmp(path, control_path) == 0;
    // Without it writes would wait in the page cache, and come in no order.
    info->direct_io = 1;
    return 0;
}

static int read_file(const char *path, char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
    (void)path;
    if (!info->fh) {
        ssize_t count = pread(disk, bytes, size, offset);
        return count < 0 ? -errno : (int)count;
    }
    char text[64];
    int length = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 "\n", flushes, failed);
    if (offset >= length) return 0;
    size_t rest = (size_t)(length - offset);
    memcpy(bytes, text + offset, rest < size ? rest : size);
    return (int)(rest < size ? rest : size);
}

static int command(const char *bytes, size_t size) {
    char text[64];
    if (size >= sizeof text) return -EINVAL;
    memcpy(text, bytes, size);
    text[size] = 0;
    if (sscanf(text, "fail %" SCNu64 " %" SCNu64, &to_skip, &to_fail) != 2) return -EINVAL;
    flushes = failed = 0;
    return (int)size;
}

static int write_file(const char *path, const char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
    (void)path;
    if (info->fh) return command(bytes, size);
    ssize_t count = pwrite(disk, bytes, size, offset);
    if (count < 0) return -errno;
    append(WRITE, (uint64_t)offset, bytes, (size_t)count);
    return (int)count;
}

static int truncate_file(const char *path, off_t size, struct fuse_file_info *info) {
    (void)size, (void)info;
    return strcmp(path, control_path) == 0 ? 0 : -EPERM;
}

static int flush_disk(const char *path, int only_data, struct fuse_file_info *info) {
    (void)path, (void)only_data;
    if (info->fh) return 0;
    flushes++;
    if (to_fail > 0 && to_skip == 0) {
        to_fail--;
        failed++;
        append(FAILED_FLUSH, 0, NULL, 0);
        return -EIO;
    }
    if (to_skip > 0) to_skip--;
    append(FLUSH, 0, NULL, 0);
    return 0;
}

static void *start(struct fuse_conn_info *connection, struct fuse_config *config) {
    (void)connection;
    config->direct_io = 1;
    // A page that is wanted here must not wait for a page that waits for us (PR_SET_IO_FLUSHER, prctl(2)).
    prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
    puts("serving");
    fflush(stdout);
    return NULL;
}

int main(int count, char *arguments[]) {
    if (count != 4) {
        fprintf(stderr, "usage: bucketd-block-log DISK LOG MOUNTPOINT\n");
        return 64;
    }
    struct stat status;
    disk = open(arguments[1], O_RDWR | O_CLOEXEC);
    record_log = open(arguments[2], O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (disk < 0 || record_log < 0 || fstat(disk, &status) != 0) {
        perror("bucketd-block-log");
        return 1;
    }
    disk_size = status.st_size;
    static const struct fuse_operations operations = {
        .getattr = get_attributes,
        .open = open_file,
        .read = read_file,
        .write = write_file,
        .truncate = truncate_file,
        .fsync = flush_disk,
        .init = start,
    };
    // In the foreground, with one thread.
    char *fuse_arguments[] = {arguments[0], "-f", "-s", arguments[3], NULL};
    return fuse_main(4, fuse_arguments, &operations, NULL);
}
