/* faults.c -- a machine whose clock jumps and whose disk fills up, for one process.
 *
 * Preloaded into a node.  The test and the node share a page (TALLY_FAULTS names
 * the file): what the wall clock is wrong by, and whether the disk is full.  Only
 * writes to regular files fail, and never those to standard output or error. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct page {
    volatile int64_t clock_ms;
    volatile int64_t disk_full;
};

static const struct page *page;

__attribute__((constructor)) static void find_page(void)
{
    const char *path = getenv("TALLY_FAULTS");
    const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *map;

    if (fd < 0)
        return;
    map = mmap(NULL, sizeof *page, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (map != MAP_FAILED)
        page = map;
}

static int is_refused(int fd)
{
    struct stat about;

    if (page == NULL || !page->disk_full || fd <= STDERR_FILENO)
        return 0;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return 0;
    errno = ENOSPC;
    return 1;
}

#define EXPORTED __attribute__((visibility("default")))
/* The function of this name behind ours, looked up once. */
#define FIND_REAL(name)                                                                            \
    static __typeof__(name) *real;                                                                 \
    if (real == NULL)                                                                              \
    real = __extension__(__typeof__(name) *) dlsym(RTLD_NEXT, #name)

#define REFUSED(name, declared, passed)                                                            \
    EXPORTED ssize_t name declared;                                                                \
    ssize_t name declared                                                                          \
    {                                                                                              \
        FIND_REAL(name);                                                                           \
        return is_refused(fd) ? -1 : real passed;                                                  \
    }

REFUSED(write, (int fd, const void *bytes, size_t len), (fd, bytes, len))
REFUSED(pwrite, (int fd, const void *bytes, size_t len, off_t at), (fd, bytes, len, at))
REFUSED(pwrite64, (int fd, const void *bytes, size_t len, off_t at), (fd, bytes, len, at))
REFUSED(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))

/* What RocksDB asks before it tries again by itself. */
#define NO_ROOM(name)                                                                              \
    EXPORTED int name(const char *path, struct name *about)                                        \
    {                                                                                              \
        int result;                                                                                \
        FIND_REAL(name);                                                                           \
                                                                                                   \
        result = real(path, about);                                                                \
        if (result == 0 && page != NULL && page->disk_full)                                        \
            about->f_bfree = about->f_bavail = 0;                                                  \
        return result;                                                                             \
    }

NO_ROOM(statvfs)
NO_ROOM(statvfs64)

EXPORTED int clock_gettime(clockid_t which, struct timespec *now)
{
    int result;
    FIND_REAL(clock_gettime);

    result = real(which, now);
    if (result == 0 && page != NULL && which == CLOCK_REALTIME) {
        now->tv_sec += page->clock_ms / 1000;
        now->tv_nsec += page->clock_ms % 1000 * 1000000;
        now->tv_sec += now->tv_nsec >= 1000000000 ? 1 : now->tv_nsec < 0 ? -1 : 0;
        now->tv_nsec = (now->tv_nsec + 1000000000) % 1000000000;
    }
    return result;
}
