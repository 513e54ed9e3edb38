/* SPDX-License-Identifier: MIT
 * TAP for C tests: each check prints a line `ok N - name` or `not ok N - name`
 * with what was seen; main ends with `return tap_done();`. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool tap_ok(bool pass, const char *name, const char *file,
                          int line)
{
    printf("%sok %d - %s\n", pass ? "" : "not ", ++tap_count, name);
    if (!pass) {
        tap_failed++;
        printf("# failed at %s:%d\n", file, line);
    }
    fflush(stdout);
    return pass;
}

static inline bool tap_is_int(int64_t got, int64_t want, const char *name,
                              const char *file, int line)
{
    if (tap_ok(got == want, name, file, line))
        return true;
    printf("# got %" PRId64 ", want %" PRId64 "\n", got, want);
    return false;
}

static inline bool tap_is_str(const char *got, const char *want,
                              const char *name, const char *file, int line)
{
    if (tap_ok(got && want && !strcmp(got, want), name, file, line))
        return true;
    printf("# got  \"%s\"\n# want \"%s\"\n", got ? got : "(null)",
           want ? want : "(null)");
    return false;
}

static inline bool tap_is_mem(const void *got, const void *want, size_t len,
                              const char *name, const char *file, int line)
{
    const uint8_t *g = got, *w = want;

    if (tap_ok(len == 0 || memcmp(got, want, len) == 0, name, file, line))
        return true;
    for (size_t i = 0; i < len; i++)
        if (g[i] != w[i]) {
            printf("# byte %zu: got %02x, want %02x\n", i, g[i], w[i]);
            break;
        }
    return false;
}

#define ok(cond, name) tap_ok((cond), (name), __FILE__, __LINE__)
#define is_int(got, want, name)                                                \
    tap_is_int((int64_t)(got), (int64_t)(want), (name), __FILE__, __LINE__)
#define is_str(got, want, name)                                                \
    tap_is_str((got), (want), (name), __FILE__, __LINE__)
#define is_mem(got, want, len, name)                                           \
    tap_is_mem((got), (want), (len), (name), __FILE__, __LINE__)

/* Says that a check was not made, and why. */
static inline void tap_skip(const char *name, const char *reason)
{
    printf("ok %d - %s # SKIP %s\n", ++tap_count, name, reason);
}

static inline int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed || !tap_count ? EXIT_FAILURE : EXIT_SUCCESS;
}
