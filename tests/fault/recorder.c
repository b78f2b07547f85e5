/* Records, below SQLite and below our code, what a program asks of the disk under one folder; refuses a call if told to.
 *
 * Loaded with LD_PRELOAD and asleep until recorder_arm is called. Every call goes to the kernel by its number, so
 * nothing of the C library's own is needed. A record: op, inode, offset, length and bytes of two fields.
 *   C create  M mkdir  W write  T truncate  S sync (file or folder)  R rename  U unlink  D rmdir  A acknowledgement
 *   ! something that the replay does not know: it must stop there, and not go on as if nothing had been written.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "64-bit systems only");
#define SHOWN __attribute__((visibility("default")))
#define LONG 4200

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static int armed, log_fd = -1, fail_errno;
static long fail_at, fail_count, calls;
static char root[LONG], acks[LONG];

SHOWN void recorder_arm(const char *under, const char *log, const char *said, long at, long count, int error)
{
    snprintf(root, sizeof root, "%s", under);
    snprintf(acks, sizeof acks, "%s", said);
    log_fd = log[0] ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    fail_at = at, fail_count = count, fail_errno = error, calls = 0, armed = 1;
}

SHOWN long recorder_calls(void) { return calls; }

static int under_root(const char *path)
{
    size_t length = strlen(root);
    return armed && !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

static int is_index(const char *path)
{   /* SQLite makes the -shm file anew after a crash. */
    size_t length = strlen(path);
    return length > 4 && !strcmp(path + length - 4, "-shm");
}

static void put(char op, uint64_t ino, uint64_t offset, const void *a, size_t la, const void *b, size_t lb)
{
    if (log_fd < 0) return;
    struct __attribute__((packed)) { char op; uint64_t ino, offset; uint32_t la, lb; } head =
        { op, ino, offset, (uint32_t)la, (uint32_t)lb };
    struct iovec parts[3] = { { &head, sizeof head }, { (void *)a, la }, { (void *)b, lb } };
    if (syscall(SYS_writev, log_fd, parts, 3) != (long)(sizeof head + la + lb)) _exit(97);
}

static void put_paths(char op, uint64_t ino, const char *a, const char *b)
{
    if (!is_index(a)) put(op, ino, 0, a, strlen(a), b, strlen(b));
}

static int whole_path(int folder, const char *path, char *full)
{
    if (!armed) return 0;
    if (path[0] == '/') snprintf(full, LONG, "%s", path);
    else {
        char link[64], base[LONG / 2];
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        long n = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
        if (n < 0) return 0;
        base[n] = 0;
        snprintf(full, LONG, "%s/%s", base, path);
    }
    return under_root(full);
}

/* 0: not ours. 1: ours. 2: the index of a write-ahead log. 3: acknowledgements. */
static int kind_of(int fd, uint64_t *ino)
{
    if (!armed) return 0;
    char link[64], path[LONG];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    if (acks[0] && !strcmp(path, acks)) return 3;
    if (n > 10 && !strcmp(path + n - 10, " (deleted)")) path[n - 10] = 0;
    if (!under_root(path)) return 0;
    struct stat found;
    if (fstat(fd, &found)) return 0;
    *ino = found.st_ino;
    return is_index(path) ? 2 : 1;
}

static int refused(void)
{
    calls++;
    if (!fail_at || calls < fail_at || calls >= fail_at + fail_count) return 0;
    errno = fail_errno;
    return 1;
}

static int there(const char *full) { return !syscall(SYS_faccessat, AT_FDCWD, full, F_OK); }

static uint64_t inode(const char *full)
{
    struct stat found;
    return fstatat(AT_FDCWD, full, &found, AT_SYMLINK_NOFOLLOW) ? 0 : found.st_ino;
}

static int open_it(int folder, const char *path, int flags, mode_t mode)
{
    char full[LONG];
    int ours = whole_path(folder, path, full) && (flags & (O_CREAT | O_TRUNC | O_SYNC | O_DSYNC));
    if (!ours) return (int)syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&one);
    int was = there(full), fd = -1;
    if (was || !(flags & O_CREAT) || !refused()) {
        fd = (int)syscall(SYS_openat, folder, path, flags, mode);
        int error = errno;
        if (fd >= 0 && !was) put_paths('C', inode(full), full, "");
        else if (fd >= 0 && (flags & O_TRUNC) && !is_index(full)) put('T', inode(full), 0, "", 0, "", 0);
        if (fd >= 0 && (flags & (O_DSYNC | (O_SYNC & ~O_DSYNC)))) put_paths('!', 0, full, "O_SYNC");
        errno = error;
    }
    pthread_mutex_unlock(&one);
    return fd;
}

#define MODE(flags) mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
SHOWN int open(const char *path, int flags, ...) { MODE(flags) return open_it(AT_FDCWD, path, flags, mode); }
SHOWN int open64(const char *path, int flags, ...) { MODE(flags) return open_it(AT_FDCWD, path, flags, mode); }
SHOWN int openat(int folder, const char *path, int flags, ...) { MODE(flags) return open_it(folder, path, flags, mode); }
SHOWN int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return open_it(folder, path, flags, mode); }
SHOWN int creat(const char *path, mode_t mode) { return open_it(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
SHOWN int creat64(const char *path, mode_t mode) { return open_it(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static ssize_t write_it(int fd, const void *data, size_t count, int at_place, off_t offset)
{
    uint64_t ino = 0;
    int kind = kind_of(fd, &ino);
    if (!kind) return at_place ? syscall(SYS_pwrite64, fd, data, count, offset) : syscall(SYS_write, fd, data, count);
    pthread_mutex_lock(&one);
    ssize_t done = -1;
    if (kind == 3) {
        put('A', 0, 0, data, count, "", 0);
        done = syscall(SYS_write, fd, data, count);
    } else {
        int no = refused();
        if (no && fail_errno == ENOSPC && calls == fail_at && count > 1) no = 0, count /= 2; /* the last of the room */
        if (!no) {
            if (!at_place && (fcntl(fd, F_GETFL) & O_APPEND)) {
                struct stat found;
                offset = fstat(fd, &found) ? 0 : found.st_size;
            } else if (!at_place) offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
            done = at_place ? syscall(SYS_pwrite64, fd, data, count, offset) : syscall(SYS_write, fd, data, count);
            int error = errno;
            if (done > 0 && kind == 1) put('W', ino, (uint64_t)offset, data, (size_t)done, "", 0);
            errno = error;
        }
    }
    pthread_mutex_unlock(&one);
    return done;
}

SHOWN ssize_t write(int fd, const void *data, size_t count) { return write_it(fd, data, count, 0, 0); }
SHOWN ssize_t pwrite(int fd, const void *data, size_t count, off_t at) { return write_it(fd, data, count, 1, at); }
SHOWN ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) { return write_it(fd, data, count, 1, at); }

static ssize_t write_parts(int fd, const struct iovec *parts, int count, int at_place, off_t offset)
{
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = write_it(fd, parts[i].iov_base, parts[i].iov_len, at_place, offset + total);
        if (done < 0) return total ? total : -1;
        total += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return total;
}
SHOWN ssize_t writev(int fd, const struct iovec *parts, int count) { return write_parts(fd, parts, count, 0, 0); }
SHOWN ssize_t pwritev(int fd, const struct iovec *p, int n, off_t at) { return write_parts(fd, p, n, 1, at); }
SHOWN ssize_t pwritev64(int fd, const struct iovec *p, int n, off64_t at) { return write_parts(fd, p, n, 1, at); }

static int cut_it(int fd, off_t size)
{
    uint64_t ino = 0;
    int kind = kind_of(fd, &ino);
    pthread_mutex_lock(&one);
    int done = (int)syscall(SYS_ftruncate, fd, size), error = errno;
    if (!done && kind == 1) put('T', ino, (uint64_t)size, "", 0, "", 0);
    pthread_mutex_unlock(&one);
    errno = error;
    return done;
}
SHOWN int ftruncate(int fd, off_t size) { return cut_it(fd, size); }
SHOWN int ftruncate64(int fd, off64_t size) { return cut_it(fd, size); }
static int cut_path(const char *path, off_t size)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    int done = cut_it(fd, size), error = errno;
    syscall(SYS_close, fd);
    errno = error;
    return done;
}
SHOWN int truncate(const char *path, off_t size) { return cut_path(path, size); }
SHOWN int truncate64(const char *path, off64_t size) { return cut_path(path, size); }

static int sync_it(int fd, long number)
{
    uint64_t ino = 0;
    int kind = kind_of(fd, &ino);
    int done = (int)syscall(number, fd), error = errno;
    if (!done && kind == 1) {
        pthread_mutex_lock(&one);
        put('S', ino, 0, "", 0, "", 0);
        pthread_mutex_unlock(&one);
    }
    errno = error;
    return done;
}
SHOWN int fsync(int fd) { return sync_it(fd, SYS_fsync); }
SHOWN int fdatasync(int fd) { return sync_it(fd, SYS_fdatasync); }

static int rename_it(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    char a[LONG], b[LONG];
    int ours = whole_path(from_folder, from, a) | whole_path(to_folder, to, b);
    pthread_mutex_lock(&one);
    int done = -1;
    if (!ours || !refused()) {
        done = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
        int error = errno;
        if (!done && ours) put_paths(flags & ~1u ? '!' : 'R', 0, a, b);
        errno = error;
    }
    pthread_mutex_unlock(&one);
    return done;
}
SHOWN int rename(const char *a, const char *b) { return rename_it(AT_FDCWD, a, AT_FDCWD, b, 0); }
SHOWN int renameat(int fa, const char *a, int fb, const char *b) { return rename_it(fa, a, fb, b, 0); }
SHOWN int renameat2(int fa, const char *a, int fb, const char *b, unsigned flags) { return rename_it(fa, a, fb, b, flags); }

static int unlink_it(int folder, const char *path, int flags)
{
    char full[LONG];
    int ours = whole_path(folder, path, full);
    pthread_mutex_lock(&one);
    int done = (int)syscall(SYS_unlinkat, folder, path, flags), error = errno;
    if (!done && ours) put_paths(flags & AT_REMOVEDIR ? 'D' : 'U', 0, full, "");
    pthread_mutex_unlock(&one);
    errno = error;
    return done;
}
SHOWN int unlink(const char *path) { return unlink_it(AT_FDCWD, path, 0); }
SHOWN int unlinkat(int folder, const char *path, int flags) { return unlink_it(folder, path, flags); }
SHOWN int rmdir(const char *path) { return unlink_it(AT_FDCWD, path, AT_REMOVEDIR); }

static int mkdir_it(int folder, const char *path, mode_t mode)
{
    char full[LONG];
    int ours = whole_path(folder, path, full);
    pthread_mutex_lock(&one);
    int done = -1;
    if (!ours || there(full) || !refused()) {
        done = (int)syscall(SYS_mkdirat, folder, path, mode);
        int error = errno;
        if (!done && ours) put_paths('M', inode(full), full, "");
        errno = error;
    }
    pthread_mutex_unlock(&one);
    return done;
}
SHOWN int mkdir(const char *path, mode_t mode) { return mkdir_it(AT_FDCWD, path, mode); }
SHOWN int mkdirat(int folder, const char *path, mode_t mode) { return mkdir_it(folder, path, mode); }

static void unknown(int fd, const char *name)
{
    uint64_t ino = 0;
    if (kind_of(fd, &ino) == 1) put('!', ino, 0, name, strlen(name), "", 0);
}
SHOWN ssize_t sendfile(int out, int in, off_t *at, size_t count)
{ unknown(out, "sendfile"); return syscall(SYS_sendfile, out, in, at, count); }
SHOWN ssize_t sendfile64(int out, int in, off64_t *at, size_t count)
{ unknown(out, "sendfile"); return syscall(SYS_sendfile, out, in, at, count); }
SHOWN ssize_t copy_file_range(int in, off64_t *a, int out, off64_t *b, size_t count, unsigned flags)
{ unknown(out, "copy_file_range"); return syscall(SYS_copy_file_range, in, a, out, b, count, flags); }
SHOWN ssize_t splice(int in, off64_t *a, int out, off64_t *b, size_t count, unsigned flags)
{ unknown(out, "splice"); return syscall(SYS_splice, in, a, out, b, count, flags); }
SHOWN int fallocate(int fd, int mode, off_t at, off_t count)
{ unknown(fd, "fallocate"); return (int)syscall(SYS_fallocate, fd, mode, at, count); }
SHOWN int fallocate64(int fd, int mode, off64_t at, off64_t count) { return fallocate(fd, mode, at, count); }
SHOWN int posix_fallocate(int fd, off_t at, off_t count) { return fallocate(fd, 0, at, count) ? errno : 0; }
SHOWN int posix_fallocate64(int fd, off64_t at, off64_t count) { return fallocate(fd, 0, at, count) ? errno : 0; }
SHOWN int linkat(int fa, const char *a, int fb, const char *b, int flags)
{
    char full[LONG];
    if (whole_path(fb, b, full)) put_paths('!', 0, full, "link");
    return (int)syscall(SYS_linkat, fa, a, fb, b, flags);
}
SHOWN int link(const char *a, const char *b) { return linkat(AT_FDCWD, a, AT_FDCWD, b, 0); }
SHOWN void *mmap(void *where, size_t length, int prot, int flags, int fd, off_t at)
{
    if (armed && fd >= 0 && (flags & MAP_SHARED) && (prot & PROT_WRITE)) unknown(fd, "mmap");
    return (void *)syscall(SYS_mmap, where, length, prot, flags, fd, at);
}
SHOWN void *mmap64(void *where, size_t length, int prot, int flags, int fd, off64_t at)
{ return mmap(where, length, prot, flags, fd, at); }
