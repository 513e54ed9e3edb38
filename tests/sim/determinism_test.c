/* SPDX-License-Identifier: MIT
 * The same seed is the same run, to the last byte and microsecond, in this
 * process and in another; another seed is another. All other scenarios may be
 * run again by the seed they print because of this. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static uint64_t run(uint64_t seed)
{
    static const struct sim_link link = {
        .delay_us = 25 * MS, .jitter_us = 5 * MS, .loss = 0.05, .reorder = 0.1};
    struct sim_talk *talk = sim_talk_new(seed, &link);
    uint64_t digest;

    if (!sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8))
        printf("# seed %" PRIu64 " did not connect\n", seed);
    sim_talk_begin(talk);
    sim_talk_run(talk, 5 * SEC);
    rtc_peer_close(talk->pair->side[SIM_L].peer, talk->pair->now);
    sim_talk_run(talk, SEC);
    digest = talk->pair->digest;
    sim_talk_free(talk);
    return digest;
}

/* The digest that this program finds in a process of its own. */
static uint64_t run_elsewhere(const char *self, uint64_t seed)
{
    char command[4096];
    uint64_t digest = 0;
    FILE *f;

    snprintf(command, sizeof command, "'%s' %" PRIu64, self, seed);
    fflush(stdout);
    f = popen(command, "r");
    if (!f)
        return 0;
    if (fscanf(f, "%" SCNx64, &digest) != 1)
        digest = 0;
    pclose(f);
    return digest;
}

int main(int argc, char **argv)
{
    uint64_t first, second, third;

    if (argc > 1) {
        printf("%" PRIx64 "\n", run(strtoull(argv[1], NULL, 10)));
        return 0;
    }
    first = run(1);
    second = run(1);
    third = run(2);
    printf("# %" PRIx64 " %" PRIx64 " %" PRIx64 "\n", first, second, third);
    ok(first == second, "the same seed twice is the same run");
    ok(first != third, "another seed is another run");
    third = run_elsewhere(argv[0], 1);
    printf("# %" PRIx64 "\n", third);
    ok(third == run_elsewhere(argv[0], 1), "in another process too");
    ok(third == first, "and it is the same there as here");
    return tap_done();
}
