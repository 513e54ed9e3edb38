/* SPDX-License-Identifier: MIT
 *
 * Frames as they come, by rows: how many were lost, late, out of order, twice,
 * altered; and percentiles beside what sorting gives.
 */
#include "cmd/probe/arrivals.h"

#include "tap.h"

#define RUN 77
#define STEP 20000 /* us between frames */

/* ---- counting ------------------------------------------------------------ */

/* What comes, a word a frame: its sequence, behind `~` altered, behind `?` of
 * another run; `-` without a mark. `!N`: N frames should have come. */
struct row {
    const char *name, *comes;
    uint64_t expected, lost, reordered, duplicated, altered, unmarked, foreign;
};

static const struct row rows[] = {
    {"nothing", "", 0, 0, 0, 0, 0, 0, 0},
    {"nothing where something should be", "!9", 0, 0, 0, 0, 0, 0, 0},
    {"all in order", "0 1 2 3", 4, 0, 0, 0, 0, 0, 0},
    {"from the first that comes", "5 6 7", 3, 0, 0, 0, 0, 0, 0},
    {"one missing", "0 1 3", 4, 1, 0, 0, 0, 0, 0},
    {"the end missing", "0 1 !4", 4, 2, 0, 0, 0, 0, 0},
    {"the end comes all the same", "0 1 !4 2 3", 4, 0, 0, 0, 0, 0, 0},
    {"the end comes in disorder", "0 1 !4 3 2", 4, 0, 1, 0, 0, 0, 0},
    {"the end as expected", "0 1 2 !3 !2", 3, 0, 0, 0, 0, 0, 0},
    {"two changed places", "0 2 1 3", 4, 0, 1, 0, 0, 0, 0},
    {"the first two, too", "6 5 7", 3, 0, 1, 0, 0, 0, 0},
    {"one behind three", "0 2 3 4 1", 5, 0, 1, 0, 0, 0, 0},
    {"twice", "0 1 1 2 0", 3, 0, 0, 2, 0, 0, 0},
    {"altered, and known all the same", "0 ~1 2", 3, 0, 0, 0, 1, 0, 0},
    {"altered beyond recognition", "0 ~4000000000 2", 3, 1, 0, 0, 1, 0, 0},
    {"altered, and once more whole", "0 ~1 1 2", 3, 0, 0, 1, 1, 0, 0},
    {"without marks", "- - -", 0, 0, 0, 0, 0, 3, 0},
    {"one without", "0 - 2", 3, 1, 0, 0, 0, 1, 0},
    {"of somebody else", "?0 ?1", 0, 0, 0, 0, 0, 0, 2},
    {"not sent yet", "0 1 900000", 2, 0, 0, 0, 0, 0, 1},
    {"a window missing", "0 4097", 4098, 4096, 0, 0, 0, 0, 0},
    {"what is behind the window is lost", "0 1 5000 2 905", 5001, 4997, 1, 1, 0,
     0, 0},
    {"a wide gap, and the window is used again",
     "0 1 2 9000 8999 8998 4905 4904 5000", 9001, 8993, 4, 1, 0, 0, 0},
};

static void come(struct arrivals *arrivals, const char *word, rtc_usec at)
{
    struct arrival one = {.state = PROBE_MARK_WHOLE,
                          .mark = {.run = RUN, .time_us = at - 5000},
                          .at = at,
                          .remote_time = RTC_NEVER,
                          .len = 100,
                          .sent = 10000};

    if (*word == '!') {
        arrivals_due(arrivals, strtoull(word + 1, NULL, 10));
        return;
    }
    if (*word == '-')
        one.state = PROBE_MARK_NONE;
    if (*word == '~')
        one.state = PROBE_MARK_ALTERED;
    if (*word == '?')
        one.mark.run++;
    word += *word == '~' || *word == '?';
    one.mark.sequence = (uint32_t)strtoul(word, NULL, 10);
    arrivals_add(arrivals, &one);
}

static void run_row(const struct row *row)
{
    static struct arrivals arrivals;
    rtc_usec at = 1000000;
    char words[200];

    arrivals = (struct arrivals){.run = RUN, .late_us = 1000000};
    snprintf(words, sizeof words, "%s", row->comes);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        come(&arrivals, word, at += STEP);
    if (!ok(arrivals_expected(&arrivals) == row->expected &&
                arrivals_lost(&arrivals) == row->lost &&
                arrivals.reordered == row->reordered &&
                arrivals.duplicated == row->duplicated &&
                arrivals.altered == row->altered &&
                arrivals.unmarked == row->unmarked &&
                arrivals.foreign == row->foreign,
            row->name))
        printf("# expected %" PRIu64 ", lost %" PRIu64 ", reordered %" PRIu64
               ", duplicated %" PRIu64 ", altered %" PRIu64
               ", unmarked %" PRIu64 ", foreign %" PRIu64 "\n",
               arrivals_expected(&arrivals), arrivals_lost(&arrivals),
               arrivals.reordered, arrivals.duplicated, arrivals.altered,
               arrivals.unmarked, arrivals.foreign);
}

/* ---- times --------------------------------------------------------------- */

static void check_times(void)
{
    static struct arrivals arrivals = {.run = RUN, .late_us = 30000};
    static struct arrivals other = {.run = RUN};
    static const struct {
        rtc_usec sent, latency, ahead;
    } rows_of[] = {{0, 10000, 1000000000},
                   {20000, 10000, 1000000000},
                   {40000, 30000, 1000000300},
                   {60000, 50000, 1000000100}};
    rtc_usec sync = 1;

    is_int(arrivals_jitter(&arrivals), -1, "no jitter of nothing");
    ok(arrivals_bitrate(&arrivals) < 0, "no bitrate of nothing");
    arrivals_end(&arrivals, 1000);
    is_int(arrivals.gap, 0, "no gap before the first frame");
    for (uint32_t i = 0; i < 4; i++) {
        struct arrival one = {.state = PROBE_MARK_WHOLE,
                              .mark = {RUN, i, rows_of[i].sent},
                              .at = rows_of[i].sent + rows_of[i].latency,
                              .remote_time = rows_of[i].sent + rows_of[i].ahead,
                              .len = 250,
                              .sent = i + 1};

        arrivals_add(&arrivals, &one);
        one.remote_time = rows_of[i].sent + 999990000;
        ok(!arrivals_sync(&arrivals, &other, &sync) || i > 0,
           "no comparison of clocks before both are known");
        arrivals_add(&other, &one);
    }
    is_int(arrivals.latency.least, 10000, "the shortest latency");
    is_int(arrivals.latency.most, 50000, "the longest");
    is_int(histogram_mean(&arrivals.latency), 25000, "the mean");
    is_int(arrivals.late, 1, "one took longer than allowed");
    is_int(arrivals_jitter(&arrivals), 13333, "steps of 0, 20 and 20 ms");
    is_int(arrivals.gap, 40000, "the longest gap");
    is_int((int64_t)arrivals_bitrate(&arrivals), 80000, "1000 bytes in 100 ms");
    ok(arrivals_sync(&arrivals, &other, &sync), "both clocks are known");
    is_int(sync, 10100, "ahead by 10 ms and the mean of the rest");
    arrivals_end(&arrivals, 110000 + 90000);
    is_int(arrivals.gap, 90000, "silence at the end is a gap");
}

/* A server that knows the run can say anything else. */
static void check_forged(void)
{
    static const rtc_usec times[] = {INT64_MIN, INT64_MIN + 1, -1, INT64_MAX};
    static struct arrivals arrivals = {.run = RUN, .late_us = 30000};

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        arrivals_add(&arrivals, &(struct arrival){.state = PROBE_MARK_WHOLE,
                                                  .mark = {RUN, 0, times[i]},
                                                  .at = 1000,
                                                  .remote_time = RTC_NEVER,
                                                  .sent = 1});
    is_int(arrivals.foreign, 4, "times that cannot be are not ours");
    is_int(arrivals.received, 0, "and nothing is measured by them");
    for (uint32_t i = 0; i < 4000; i++) {
        /* As far as a sender report can say that clocks jumped. */
        const rtc_usec remote = i > 0 ? INT64_C(4294967295000000) : 0;

        arrivals_add(&arrivals, &(struct arrival){.state = PROBE_MARK_WHOLE,
                                                  .mark = {RUN, i, 0},
                                                  .at = 1000,
                                                  .remote_time = remote,
                                                  .sent = i + 1});
    }
    is_int(arrivals.received, 4000, "whatever clock the remote has");
}

/* ---- hours --------------------------------------------------------------- */

/* Three hours of 50 frames a second, each 97th lost, each 89th late. */
static void check_hours(void)
{
    static struct arrivals arrivals = {.run = RUN, .late_us = 100000};
    const uint32_t count = 3 * 3600 * 50;
    uint64_t lost = 0, late = 0;

    for (uint32_t i = 0; i < count; i++) {
        rtc_usec sent = (rtc_usec)i * STEP;
        struct arrival one = {.state = PROBE_MARK_WHOLE,
                              .mark = {RUN, i, sent},
                              .at = sent + (i % 89 == 1 ? 100001 : 50000),
                              .remote_time = RTC_NEVER,
                              .sent = i + 1};

        if (i % 97 == 1) {
            lost++;
            continue;
        }
        late += i % 89 == 1;
        arrivals_add(&arrivals, &one);
    }
    is_int(arrivals_lost(&arrivals), lost, "three hours: each lost one");
    is_int(arrivals.late, late, "and each late one");
    is_int(arrivals_expected(&arrivals), count, "of all");
}

/* ---- percentiles --------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const rtc_usec *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void check_percentiles(const char *name, rtc_usec scale)
{
    static const double shares[] = {0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    static struct histogram histogram;
    static rtc_usec all[5000];
    const size_t count = sizeof all / sizeof *all;
    uint32_t seed = 3;
    bool near = true;

    histogram = (struct histogram){0};
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        /* Few long ones, as latencies are. */
        all[i] = scale * (rtc_usec)(seed >> 16) / (rtc_usec)(1 + i) +
                 (rtc_usec)(seed >> 28);
        histogram_add(&histogram, all[i]);
    }
    qsort(all, count, sizeof *all, compare);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        size_t rank = (size_t)(shares[i] * (double)count + 0.999999);
        rtc_usec wanted = all[rank ? rank - 1 : 0];
        rtc_usec got = histogram_percentile(&histogram, shares[i]);
        rtc_usec apart = got < wanted ? wanted - got : got - wanted;

        if (apart > wanted / 100) {
            printf("# %g: %lld for %lld\n", shares[i], (long long)got,
                   (long long)wanted);
            near = false;
        }
    }
    ok(near, name);
}

static void check_histogram(void)
{
    static struct histogram histogram;

    is_int(histogram_percentile(&histogram, 0.5), -1, "nothing");
    is_int(histogram_mean(&histogram), -1, "nor a mean");
    histogram_add(&histogram, -5);
    is_int(histogram_percentile(&histogram, 0.5), 0, "below 0 is 0");
    histogram_add(&histogram, INT64_C(1) << 40);
    is_int(histogram_percentile(&histogram, 1), INT64_C(1) << 40,
           "what is too long is the longest");
    check_percentiles("percentiles of microseconds", 0);
    check_percentiles("percentiles of milliseconds", 1);
    check_percentiles("percentiles of seconds", 1000);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        run_row(&rows[i]);
    check_times();
    check_forged();
    check_hours();
    check_histogram();
    return tap_done();
}
