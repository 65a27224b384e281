// Sends uploads over keep-alive connections, at most one at a time on each, and prints what came of them in one line.
//
// One thread and ready-made requests: this shares the machine with what it measures, so it must cost next to nothing.
#define _GNU_SOURCE
#include "answer.h"
#include "request.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { copied_size = 64 << 10, turn_size = 1 << 20, answer_capacity = 16 << 10 };

struct connection {
    int descriptor;
    bool is_busy;
    bool wants_room;
    struct request request;
    int64_t sent;
    int64_t total;
    double begin;
    size_t received;
    char answer[answer_capacity + 1];
};

static struct plan plan = {.size = 10240, .connections = 64, .requests = INT64_MAX, .seconds = 10, .target = "/"};
static int poll_descriptor;
static int64_t started, finished, failed;
static double *latencies;
static size_t latency_capacity;
static double first_begin, last_end;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void note_latency(double seconds) {
    if ((size_t)finished == latency_capacity) {
        latency_capacity = latency_capacity ? latency_capacity * 2 : 1 << 16;
        latencies = realloc(latencies, latency_capacity * sizeof *latencies);
        if (!latencies)
            err(1, "realloc");
    }
    latencies[finished++] = seconds;
}

static void watch(struct connection *connection, int operation) {
    struct epoll_event event = {
        .events = EPOLLIN | (connection->wants_room ? (uint32_t)EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(poll_descriptor, operation, connection->descriptor, &event) != 0)
        err(1, "epoll_ctl");
}

static void open_connection(struct connection *connection) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(plan.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->descriptor < 0 || connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        err(1, "connect to port %u", plan.port);
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // sendfile(2) knows no MSG_DONTWAIT.
    if (fcntl(connection->descriptor, F_SETFL, O_NONBLOCK) != 0)
        err(1, "fcntl");
    connection->is_busy = connection->wants_room = false;
    watch(connection, EPOLL_CTL_ADD);
}

/// Head, small body and tail in one call; what is left of them after `sent` bytes.
static ssize_t send_small(struct connection *c) {
    const struct {
        const char *bytes;
        int64_t size;
    } pieces[3] = {
        {c->request.head, (int64_t)c->request.head_size},
        {pattern, plan.size},
        {c->request.tail, (int64_t)c->request.tail_size},
    };
    struct iovec left[3];
    size_t count = 0;
    int64_t skip = c->sent;
    for (int i = 0; i < 3; i++) {
        int64_t skipped = skip < pieces[i].size ? skip : pieces[i].size;
        skip -= skipped;
        if (pieces[i].size > skipped)
            left[count++] = (struct iovec){(char *)pieces[i].bytes + skipped, (size_t)(pieces[i].size - skipped)};
    }
    struct msghdr message = {.msg_iov = left, .msg_iovlen = count};
    return sendmsg(c->descriptor, &message, MSG_NOSIGNAL);
}

static ssize_t send_large(struct connection *c) {
    int64_t head = (int64_t)c->request.head_size, body = c->sent - head, tail = body - plan.size;
    if (body < 0)
        return send(
            c->descriptor, c->request.head + c->sent, (size_t)(head - c->sent), MSG_NOSIGNAL | MSG_MORE);
    if (tail >= 0)
        return send(
            c->descriptor, c->request.tail + tail, c->request.tail_size - (size_t)tail, MSG_NOSIGNAL);
    off_t offset = body % pattern_size;
    int64_t size = turn_size;
    if (size > pattern_size - offset)
        size = pattern_size - offset;
    if (size > plan.size - body)
        size = plan.size - body;
    return sendfile(c->descriptor, pattern_file, &offset, (size_t)size);
}

static void fail(struct connection *connection, const char *why) {
    if (failed++ == 0)
        fprintf(stderr, "load: %s: %.200s\n", why, connection->answer);
    // Closing takes it out of the set.
    close(connection->descriptor);
    open_connection(connection);
}

/// Sends what fits, at most `turn_size`, so that others have their turn.
static bool send_some(struct connection *c) {
    int64_t end = c->sent + turn_size;
    bool is_full = false;
    while (c->sent < c->total && c->sent < end && !is_full) {
        ssize_t count = plan.size <= copied_size ? send_small(c) : send_large(c);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return false;
        if (count <= 0)
            is_full = true;
        else
            c->sent += count;
    }
    bool wants_room = c->sent < c->total;
    if (wants_room != c->wants_room) {
        c->wants_room = wants_room;
        watch(c, EPOLL_CTL_MOD);
    }
    return true;
}

static void start_next(struct connection *c) {
    double time = now();
    if (started >= plan.requests || (started >= plan.connections && time - first_begin >= plan.seconds))
        return;
    if (started == 0)
        first_begin = time;
    request_make(&c->request, &plan, started++);
    c->sent = 0;
    c->received = 0;
    c->answer[0] = 0;
    c->total = (int64_t)(c->request.head_size + c->request.tail_size) + plan.size;
    c->begin = time;
    c->is_busy = true;
    if (!send_some(c))
        fail(c, "a request could not be sent");
}

static void receive(struct connection *c) {
    ssize_t count = recv(c->descriptor, c->answer + c->received, answer_capacity - c->received, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        bool was_busy = c->is_busy;
        if (was_busy) {
            fail(c, "a connection ended before its answer");
        } else {
            close(c->descriptor);
            open_connection(c);
        }
        if (was_busy)
            start_next(c);
        return;
    }
    c->received += (size_t)count;
    c->answer[c->received] = 0;
    struct reading reading = {0};
    switch (answer_read(c->answer, c->received, &reading)) {
    case answer_incomplete:
        if (c->received < answer_capacity)
            return;
        fail(c, "an answer is too long");
        break;
    case answer_unreadable:
        fail(c, "an answer cannot be read");
        break;
    case answer_whole:
        if (reading.status / 100 != 2 || c->sent < c->total) {
            fail(c, "an upload was refused");
            break;
        }
        last_end = now();
        note_latency(last_end - c->begin);
        c->is_busy = false;
        if (reading.closes) {
            close(c->descriptor);
            open_connection(c);
        }
    }
    start_next(c);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double part) {
    return finished ? latencies[(size_t)(part * (double)(finished - 1))] * 1e3 : 0;
}

static void report(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    qsort(latencies, (size_t)finished, sizeof *latencies, by_value);
    printf(
        "requests=%lld errors=%lld bytes=%lld seconds=%.6f p50=%.3f p99=%.3f cpu=%.3f\n", (long long)finished,
        (long long)failed, (long long)(finished * plan.size), last_end - first_begin, percentile(0.5), percentile(0.99),
        cpu);
}

static void read_arguments(int count, char *arguments[]) {
    for (int option; (option = getopt(count, arguments, "p:t:f:x:s:c:n:d:")) != -1;) {
        switch (option) {
        case 'p': plan.port = (uint16_t)atoi(optarg); break;
        case 't': plan.target = optarg; break;
        case 'f': plan.field = optarg; break;
        case 'x': plan.extra = optarg; break;
        case 's': plan.size = atoll(optarg); break;
        case 'c': plan.connections = atoi(optarg); break;
        case 'n': plan.requests = atoll(optarg); break;
        case 'd': plan.seconds = atof(optarg); break;
        default:
            errx(2, "usage: -p PORT -t TARGET [-f FIELD [-x NAME=VALUE]] [-s SIZE] [-c CONNECTIONS] [-n REQUESTS] "
                    "[-d SECONDS]");
        }
    }
    if (plan.port == 0 || plan.connections < 1)
        errx(2, "a port and a connection are needed");
}

int main(int count, char *arguments[]) {
    read_arguments(count, arguments);
    pattern_make();
    poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    struct connection *connections = calloc((size_t)plan.connections, sizeof *connections);
    if (poll_descriptor < 0 || !connections)
        err(1, "start");
    for (int i = 0; i < plan.connections; i++)
        open_connection(&connections[i]);
    for (int i = 0; i < plan.connections; i++)
        start_next(&connections[i]);
    struct epoll_event events[256];
    while (finished + failed < started) {
        int ready = epoll_wait(poll_descriptor, events, 256, 60000);
        if (ready < 0 && errno != EINTR)
            err(1, "epoll_wait");
        if (ready == 0)
            errx(1, "nothing came for a minute; %lld of %lld answered", (long long)finished, (long long)started);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                receive(c);
            else if (c->is_busy && !send_some(c)) {
                fail(c, "a request could not be sent");
                start_next(c);
            }
        }
        if (failed > 1000)
            errx(1, "too many failures");
    }
    report();
    return 0;
}
