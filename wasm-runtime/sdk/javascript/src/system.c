/* What a C library would ask of a system. There is none: the time is the block's, there are no files, and a
 * program that gives up ends the call. Each function here keeps one of wasi-libc, and the imports that it needs, out. */
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#include "host.h"

bool clock_runs = false;

static uint64_t now(void) { return clock_runs ? slsbft_block_time() : 0; }

int clock_gettime(clockid_t clock, struct timespec *into) {
    (void)clock;
    uint64_t time = now();
    into->tv_sec = (time_t)(time / 1000000000);
    into->tv_nsec = (long)(time % 1000000000);
    return 0;
}

int gettimeofday(struct timeval *restrict into, void *restrict zone) {
    (void)zone;
    uint64_t time = now() / 1000;
    into->tv_sec = (time_t)(time / 1000000);
    into->tv_usec = (suseconds_t)(time % 1000000);
    return 0;
}

/* QuickJS reads the distance to Greenwich only, which is zero. */
struct tm *localtime_r(const time_t *restrict time, struct tm *restrict into) {
    (void)time;
    *into = (struct tm){0};
    return into;
}

_Noreturn void abort(void) { slsbft_panic_text("the interpreter gave up"); }

_Noreturn void __assert_fail(const char *claim, const char *file, int line, const char *function) {
    (void)file, (void)line, (void)function;
    slsbft_panic_text(claim);
}

int fprintf(FILE *restrict file, const char *restrict format, ...) {
    (void)file, (void)format;
    return 0;
}

int printf(const char *restrict format, ...) {
    (void)format;
    return 0;
}

int putchar(int byte) { return byte; }

int fputc(int byte, FILE *file) {
    (void)file;
    return byte;
}

int fputs(const char *restrict text, FILE *restrict file) {
    (void)text, (void)file;
    return 0;
}

int fflush(FILE *file) {
    (void)file;
    return 0;
}

/* What `FILE`s write through. */
size_t __stdio_write(FILE *file, const unsigned char *bytes, size_t length) {
    (void)file, (void)bytes;
    return length;
}

size_t __stdout_write(FILE *file, const unsigned char *bytes, size_t length) {
    (void)file, (void)bytes;
    return length;
}

off_t __stdio_seek(FILE *file, off_t offset, int from) {
    (void)file, (void)offset, (void)from;
    return -1;
}

int __stdio_close(FILE *file) {
    (void)file;
    return 0;
}
