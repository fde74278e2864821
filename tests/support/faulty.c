// Put before the C library (LD_PRELOAD), so that a test can have the disk fail or the clock jump under the real
// program. Each fault is a file in the folder $FAULTS:
//
//   sync       fsync and fdatasync fail with EIO
//   read-only  writes at a position in a file, as a database makes them, fail with EROFS
//   clock      the machine's clock is so many seconds ahead (a decimal number, with its sign)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int fault(const char *name, char *text, int size) {
    const char *folder = getenv("FAULTS");
    char path[4096];
    if (!folder || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return 0;
    int before = errno, file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t length = text ? read(file, text, size - 1) : 0;
        if (text) text[length > 0 ? length : 0] = 0;
        close(file);
    }
    errno = before;
    return file >= 0;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

int fsync(int file) {
    if (fault("sync", NULL, 0)) return errno = EIO, -1;
    return ((int (*)(int))next("fsync"))(file);
}

int fdatasync(int file) {
    if (fault("sync", NULL, 0)) return errno = EIO, -1;
    return ((int (*)(int))next("fdatasync"))(file);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    if (fault("read-only", NULL, 0)) return errno = EROFS, -1;
    return ((ssize_t (*)(int, const void *, size_t, off_t))next("pwrite"))(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    if (fault("read-only", NULL, 0)) return errno = EROFS, -1;
    return ((ssize_t (*)(int, const void *, size_t, off64_t))next("pwrite64"))(file, bytes, count, at);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    char ahead[32];
    int result = ((int (*)(clockid_t, struct timespec *))next("clock_gettime"))(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && fault("clock", ahead, sizeof ahead)) now->tv_sec += atol(ahead);
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *seconds) {
    struct timespec exact;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    if (seconds) *seconds = exact.tv_sec;
    return exact.tv_sec;
}
