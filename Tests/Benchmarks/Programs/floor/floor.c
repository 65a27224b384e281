// The floor: the system calls that keep an upload safe, and the hash, with no network before them and nothing behind.
//
// Every file goes the way of the daemon's: made in a spool, written and hashed on one of 4 threads, its attributes set and
// its data synced on one of 16, recorded in a log by group commit, renamed into the bucket, the directory synced by
// group commit. A client here is a thread that waits where a client of the daemon waits for its answer.
#define _GNU_SOURCE
#include "group.h"
#include "hash.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum {
    writers = 4,
    sync_threads = 16,
    pattern_size = 1 << 20,
    /// What the daemon hands to one write when it is busy.
    chunk_size = 256 << 10,
    writeback_interval = 8 << 20,
    reserved_length = 8 << 20,
    /// A record and, with the next commit, its confirmation.
    record_size = 1024,
    /// The log begins again there, as SQLite's does after a checkpoint.
    log_limit = 8 << 20,
};

static int64_t size = 10240, files = INT64_MAX;
static double limit_seconds = 10;
static int clients = 64;
static bool is_relaxed;

static int spool, bucket, ledger;
static char *pattern;
static sem_t writing, syncing;
static atomic_llong started, finished;
static double begin;
static struct group commits, appearances;

struct client {
    pthread_t thread;
    double *latencies;
    size_t count, capacity;
    double end;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void check(int result, const char *call) {
    if (result != 0)
        err(1, "%s", call);
}

static void commit(size_t count) {
    static char records[1 << 20];
    static off_t end;
    if (!is_relaxed)
        check(fsync(spool), "fsync");
    size_t length = count * record_size;
    if (end + (off_t)length > log_limit)
        end = 0;
    if (pwrite(ledger, records, length, end) != (ssize_t)length)
        err(1, "pwrite to the log");
    end += (off_t)length;
    if (!is_relaxed)
        check(fdatasync(ledger), "fdatasync");
}

static void appear(size_t count) {
    (void)count;
    if (!is_relaxed)
        check(fsync(bucket), "fsync");
}

static int write_file(const char *name, char digest[hash_text_size]) {
    int descriptor = openat(spool, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        err(1, "openat");
    if (size >= reserved_length)
        check(fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, size), "fallocate");
    struct hash hash = hash_begin();
    int64_t written_back = 0;
    for (int64_t written = 0; written < size;) {
        size_t offset = (size_t)(written % pattern_size), part = chunk_size;
        if (part > (size_t)(size - written))
            part = (size_t)(size - written);
        ssize_t count = pwrite(descriptor, pattern + offset, part, written);
        if (count <= 0)
            err(1, "pwrite");
        hash_update(&hash, pattern + offset, (size_t)count);
        written += count;
        if (!is_relaxed && written - written_back >= writeback_interval) {
            check(sync_file_range(descriptor, written_back, written - written_back, SYNC_FILE_RANGE_WRITE), "sync_file_range");
            written_back = written;
        }
    }
    hash_end(&hash, digest);
    return descriptor;
}

static void seal(int descriptor, const char *name, const char *digest) {
    struct statx status;
    check(fchmod(descriptor, 0640), "fchmod");
    check(statx(descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status), "statx");
    if (fsetxattr(descriptor, "user.checksum.sha256", digest, hash_text_size, 0) != 0 && errno != ENOTSUP)
        err(1, "fsetxattr");
    check(futimens(descriptor, NULL), "futimens");
    if (!is_relaxed)
        check(fdatasync(descriptor), "fdatasync");
    int reader = openat(spool, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (reader < 0)
        err(1, "openat");
    close(descriptor);
    check(statx(reader, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status), "statx");
    close(reader);
}

static void store(int64_t number) {
    char name[32], source[64], digest[hash_text_size];
    struct statx status;
    struct statvfs space;
    snprintf(name, sizeof name, "f%08lld.bin", (long long)number);
    snprintf(source, sizeof source, "%016llx%016llx", (long long)number, (long long)number);
    statx(bucket, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status);
    fstatvfs(spool, &space);
    sem_wait(&writing);
    int descriptor = write_file(source, digest);
    sem_post(&writing);
    sem_wait(&syncing);
    seal(descriptor, source, digest);
    sem_post(&syncing);
    statx(bucket, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status);
    group_pass(&commits);
    check(renameat2(spool, source, bucket, name, RENAME_NOREPLACE), "renameat2");
    group_pass(&appearances);
}

static void *run_client(void *argument) {
    struct client *client = argument;
    while (true) {
        int64_t number = atomic_fetch_add(&started, 1);
        double start = now();
        if (number >= files || (number >= clients && start - begin >= limit_seconds))
            return NULL;
        store(number);
        client->end = now();
        if (client->count == client->capacity) {
            client->capacity = client->capacity ? client->capacity * 2 : 1024;
            client->latencies = realloc(client->latencies, client->capacity * sizeof(double));
            if (!client->latencies)
                err(1, "realloc");
        }
        client->latencies[client->count++] = client->end - start;
        atomic_fetch_add(&finished, 1);
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/// The most resident memory so far, in KiB. The peak that getrusage(2) tells is also that of the parent before exec.
static long peak_memory(void) {
    long peak = 0;
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status) && sscanf(line, "VmHWM: %ld", &peak) != 1)
        continue;
    if (status)
        fclose(status);
    return peak;
}

static void report(struct client *all) {
    size_t total = (size_t)finished, filled = 0;
    double *latencies = calloc(total + 1, sizeof(double)), end = begin;
    if (!latencies)
        err(1, "calloc");
    for (int i = 0; i < clients; i++) {
        memcpy(latencies + filled, all[i].latencies, all[i].count * sizeof(double));
        filled += all[i].count;
        end = all[i].end > end ? all[i].end : end;
    }
    qsort(latencies, total, sizeof(double), by_value);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    size_t last = total ? total - 1 : 0;
    printf(
        "requests=%zu errors=0 bytes=%lld seconds=%.6f p50=%.3f p99=%.3f cpu=%.3f memory=%ld\n", total,
        (long long)total * size, end - begin, latencies[last / 2] * 1e3, latencies[(size_t)(0.99 * (double)last)] * 1e3,
        cpu, peak_memory());
}

static int directory(const char *parent, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", parent, name);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        err(1, "%s", path);
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        err(1, "%s", path);
    return descriptor;
}

int main(int count, char *arguments[]) {
    const char *place = ".";
    for (int option; (option = getopt(count, arguments, "o:s:c:n:d:r")) != -1;) {
        switch (option) {
        case 'o': place = optarg; break;
        case 's': size = atoll(optarg); break;
        case 'c': clients = atoi(optarg); break;
        case 'n': files = atoll(optarg); break;
        case 'd': limit_seconds = atof(optarg); break;
        case 'r': is_relaxed = true; break;
        default: errx(2, "usage: -o DIRECTORY [-s SIZE] [-c CLIENTS] [-n FILES] [-d SECONDS] [-r]");
        }
    }
    if (clients < 1 || clients * record_size > 1 << 20)
        errx(2, "1 to 1024 clients");
    bucket = directory(place, "bucket");
    spool = directory(place, "spool");
    ledger = openat(spool, "../log", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    pattern = malloc(pattern_size);
    if (ledger < 0 || !pattern)
        err(1, "start");
    for (size_t i = 0; i < pattern_size; i++)
        pattern[i] = (char)(i * 2654435761u >> 13);
    hash_load();
    group_make(&commits, commit);
    group_make(&appearances, appear);
    sem_init(&writing, 0, writers);
    sem_init(&syncing, 0, sync_threads);
    struct client *all = calloc((size_t)clients, sizeof *all);
    if (!all)
        err(1, "calloc");
    begin = now();
    for (int i = 0; i < clients; i++)
        check(pthread_create(&all[i].thread, NULL, run_client, &all[i]), "pthread_create");
    for (int i = 0; i < clients; i++)
        pthread_join(all[i].thread, NULL);
    report(all);
    return 0;
}
