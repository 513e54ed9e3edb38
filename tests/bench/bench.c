/* SPDX-License-Identifier: MIT
 * Clock, quantiles and report of the measurements. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned over_count;

double bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

double bench_quantile(double *values, unsigned count, double q)
{
    qsort(values, count, sizeof *values, compare);
    return values[(unsigned)(q * (count - 1))];
}

void bench_judge(const char *name, const char *unit, double value, double limit,
                 double allowed)
{
    double ratio = value / limit;
    bool is_over = allowed > 0 && ratio > allowed;

    printf("%-24s %s=%.4g limit=%.4g ratio=%.2f", name, unit, value, limit,
           ratio);
    if (allowed > 0)
        printf(" allowed=%.2f%s", allowed, is_over ? " OVER" : "");
    putchar('\n');
    fflush(stdout);
    over_count += is_over;
}

void bench_count(const char *name, unsigned long count, unsigned long most)
{
    bool is_over = count > most;

    printf("%-24s count=%lu allowed=%lu%s\n", name, count, most,
           is_over ? " OVER" : "");
    over_count += is_over;
}

int bench_exit(int argc, char **argv)
{
    bool check = argc > 1 && !strcmp(argv[1], "--check");

    return check && over_count;
}

void bench_need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(2);
}
