/* SPDX-License-Identifier: MIT
 * How long rtc-offer takes from its start until its offer is printed and it has
 * ended. The limit is what cannot be left out, measured in the same run:
 * starting the same program with its libraries for nothing (--version), and
 * making a P-256 key and signing with it once. */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bare.h"
#include "tests/bench/bench.h"

#define RUNS 50
#define LIMIT 2.0

extern char **environ;

/* The program itself, not libtool's script for it. */
static const char *find_offer(void)
{
    if (access(".libs/rtc-offer", X_OK))
        return "./rtc-offer";
    setenv("LD_LIBRARY_PATH", ".libs", 1);
    return ".libs/rtc-offer";
}

/* Runs it until its output and itself have ended. How many bytes it wrote. */
static size_t run(const char *const argv[])
{
    posix_spawn_file_actions_t actions;
    size_t total = 0;
    char buf[65536];
    int ends[2], status;
    ssize_t len;
    pid_t pid;

    bench_need(!pipe2(ends, O_CLOEXEC), "no pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    bench_need(!posix_spawnp(&pid, argv[0], &actions, NULL,
                             (char **)(uintptr_t)argv, environ),
               argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    while ((len = read(ends[0], buf, sizeof buf)) > 0)
        total += (size_t)len;
    close(ends[0]);
    bench_need(waitpid(pid, &status, 0) == pid && status == 0, argv[0]);
    return total;
}

static double run_ms(const char *const argv[], size_t output_least)
{
    double begin = bench_now();

    bench_need(run(argv) >= output_least, "it printed nothing");
    return (bench_now() - begin) / 1e6;
}

static double key_ms(void)
{
    struct bare_identity identity;
    double begin = bench_now(), end;

    bare_make_key(&identity);
    end = bench_now();
    bare_identity_done(&identity);
    return (end - begin) / 1e6;
}

/* The figures at one quantile: 0 is what other load disturbed least. */
static void report(double offer[RUNS], double same[RUNS], double key[RUNS],
                   double q, double allowed)
{
    double value = bench_quantile(offer, RUNS, q);
    double start = bench_quantile(same, RUNS, q);
    double make = bench_quantile(key, RUNS, q);
    const char *name = q > 0 ? "offer.p50" : "offer.least";

    bench_judge(name, "ms", value, start + make, allowed);
    printf("%-24s start_ms=%.4g key_ms=%.4g\n", "", start, make);
}

int main(int argc, char **argv)
{
    static double offer[RUNS], same[RUNS], plain[RUNS], key[RUNS];
    char session[] = "/tmp/bench_offer.XXXXXX";
    const char *const offer_argv[] = {find_offer(), "--session", session, NULL};
    const char *const same_argv[] = {offer_argv[0], "--version", NULL};
    const char *const plain_argv[] = {"true", NULL};
    int fd = mkstemp(session);

    bench_need(fd >= 0, "no temporary file");
    close(fd);
    for (unsigned i = 0; i < RUNS; i++) {
        unlink(session);
        offer[i] = run_ms(offer_argv, 100);
        same[i] = run_ms(same_argv, 1);
        plain[i] = run_ms(plain_argv, 0);
        key[i] = key_ms();
    }
    unlink(session);
    report(offer, same, key, 0.5, 0);
    report(offer, same, key, 0, LIMIT);
    bench_judge("offer.least_to_true", "ms", bench_quantile(offer, RUNS, 0),
                bench_quantile(plain, RUNS, 0), 0);
    return bench_exit(argc, argv);
}
