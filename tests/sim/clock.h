/* SPDX-License-Identifier: MIT
 * Virtual time and seeded randomness for a whole test program: linking clock.c
 * puts our clock_gettime, gettimeofday, time, getrandom and getentropy in the
 * place of libc's, for GnuTLS and usrsctp as well. Time stands still until the
 * test moves it. Never for anything but tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Microseconds since the epoch; it starts in November 2023. */
int64_t sim_clock_now(void);
void sim_clock_set(int64_t usec);
void sim_clock_advance(int64_t usec);

/* Starts the stream of random bytes anew. GnuTLS keeps a generator of its own
 * that it seeds from here when the program starts and after a fork. */
void sim_random_seed(uint64_t seed);
/* The next bytes of the stream; as an rtc_random_fn, `user` is ignored. */
void sim_random(void *user, void *buf, size_t len);
uint64_t sim_random_u64(void);
