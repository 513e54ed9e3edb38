/* SPDX-License-Identifier: MIT
 * What the measurements share: the clock, quantiles, and a figure beside its
 * limit. The machine may be shared and noisy, so a figure is taken many times
 * in turn with its limit, and the median of each is compared. */
#pragma once

#include <stdbool.h>

/* Nanoseconds on the monotonic clock. */
double bench_now(void);

/* The value below which the fraction `q` of them lies. Sorts `values`. */
double bench_quantile(double *values, unsigned count, double q);

/* Prints one line: the figure, its limit, what is the ratio of the two, and
 * what it may be; `allowed` 0: only printed. */
void bench_judge(const char *name, const char *unit, double value, double limit,
                 double allowed);
/* The same for a count that may be `most`. */
void bench_count(const char *name, unsigned long count, unsigned long most);
/* The exit status: 1 when --check was given and a figure was not allowed. */
int bench_exit(int argc, char **argv);

/* Ends the program when `good` is false: nothing was measured. */
void bench_need(bool good, const char *what);
