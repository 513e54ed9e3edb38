/* SPDX-License-Identifier: MIT
 * Virtual time and seeded randomness: definitions in the executable win over
 * libc's in every shared library of the process. */
#include "tests/sim/clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us = INT64_C(1700000000) * 1000000;
static uint64_t random_state = 1;

int64_t sim_clock_now(void)
{
    return now_us;
}

void sim_clock_set(int64_t usec)
{
    now_us = usec;
}

void sim_clock_advance(int64_t usec)
{
    now_us += usec;
}

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
 * generators, 2014). */
uint64_t sim_random_u64(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void sim_random_seed(uint64_t seed)
{
    random_state = seed;
}

void sim_random(void *user, void *buf, size_t len)
{
    uint8_t *p = buf;

    (void)user;
    while (len > 0) {
        uint64_t value = sim_random_u64();
        size_t part = len < sizeof value ? len : sizeof value;

        memcpy(p, &value, part);
        p += part;
        len -= part;
    }
}

/* Shared libraries must see what follows, whatever -fvisibility says. */
#pragma GCC visibility push(default)

int clock_gettime(clockid_t clock, struct timespec *ret_time);
int gettimeofday(struct timeval *restrict ret_time, void *restrict zone);
time_t time(time_t *ret_time);
ssize_t getrandom(void *buf, size_t len, unsigned flags);
int getentropy(void *buf, size_t len);
long syscall(long number, ...);

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    (void)clock;
    ret_time->tv_sec = (time_t)(now_us / 1000000);
    ret_time->tv_nsec = (long)(now_us % 1000000) * 1000;
    return 0;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    (void)zone;
    ret_time->tv_sec = (time_t)(now_us / 1000000);
    ret_time->tv_usec = (suseconds_t)(now_us % 1000000);
    return 0;
}

time_t time(time_t *ret_time)
{
    time_t now = (time_t)(now_us / 1000000);

    if (ret_time)
        *ret_time = now;
    return now;
}

ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    (void)flags;
    sim_random(NULL, buf, len);
    return (ssize_t)len;
}

int getentropy(void *buf, size_t len)
{
    if (len > 256) { /* POSIX: at most GETENTROPY_MAX */
        errno = EIO;
        return -1;
    }
    sim_random(NULL, buf, len);
    return 0;
}

/* usrsctp asks for randomness this way. */
long syscall(long number, ...)
{
    static long (*real)(long, ...);
    long a[6];
    va_list args;

    va_start(args, number);
    for (unsigned i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_getrandom) {
        sim_random(NULL, (void *)a[0], (size_t)a[1]);
        return a[1];
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#pragma GCC visibility pop
