/* SPDX-License-Identifier: MIT
 *
 * What a window finds that passes over links whose rate is known, there and
 * back, in virtual time.
 */
#include "cmd/link_model.h"
#include "cmd/probe/window.h"

#include "tap.h"

#define LEN 1104
#define SLOTS 65536
#define TIME 8000000

struct row {
    const char *name;
    struct link_terms terms; /* of each way */
    double most_lost;        /* of what was sent */
};

static const struct row rows[] = {
    {"300 kbit/s", {.rate_bps = 300000, .queue_bytes = 7500}, 0.1},
    {"1 Mbit/s, with room for three",
     {.rate_bps = 1000000, .queue_bytes = 4000},
     0.1},
    {"2 Mbit/s", {.rate_bps = 2000000, .queue_bytes = 50000}, 0.01},
    {"2 Mbit/s, a way that holds more than the queue does",
     {.rate_bps = 2000000, .queue_bytes = 50000, .delay_us = 150000},
     0.35},
    {"5 Mbit/s, and a delay that varies",
     {.rate_bps = 5000000,
      .queue_bytes = 125000,
      .delay_us = 30000,
      .jitter_us = 20000},
     0.05},
    {"20 Mbit/s, loss, a round trip of 120 ms",
     {.rate_bps = 20000000,
      .queue_bytes = 500000,
      .delay_us = 60000,
      .loss = 0.01},
     0.1},
    {"100 Mbit/s",
     {.rate_bps = 100000000, .queue_bytes = 2500000, .delay_us = 5000},
     0.01},
};

/* The two ways, and when each datagram is back (RTC_NEVER: lost). */
struct path {
    struct link_model out, in;
    uint64_t random;
    rtc_usec left[SLOTS], back[SLOTS];
    uint32_t next, above, first; /* first: the oldest one under way */
    unsigned counted, received;
};

static void send_one(struct path *path, rtc_usec now)
{
    uint32_t i = path->next++ % SLOTS;
    rtc_usec due[2], back[2];
    uint64_t random[2] = {link_draw(&path->random), link_draw(&path->random)};

    path->left[i] = now;
    path->back[i] = RTC_NEVER;
    if (link_model_send(&path->out, LEN, &random[0], due, now) ==
            LINK_ARRIVES &&
        link_model_send(&path->in, LEN, &random[1], back, due[0]) ==
            LINK_ARRIVES)
        path->back[i] = back[0];
}

/* The next one that comes back; nothing is overtaken. `next`: none. */
static uint32_t find(struct path *path)
{
    while (path->first < path->next &&
           path->back[path->first % SLOTS] == RTC_NEVER)
        path->first++;
    return path->first;
}

/* Bits per second that came back in the second half of the time. */
static double run(struct path *path, const struct row *row, uint64_t seed)
{
    struct probe_window window;
    rtc_usec now = 1000, end = now + TIME, at;

    *path = (struct path){
        .out.terms = row->terms, .in.terms = row->terms, .random = seed};
    probe_window_init(&window, 2 * row->terms.delay_us, now);
    while (now < end) {
        uint32_t i;

        while (probe_window_has_room(&window, path->above, path->next))
            send_one(path, now);
        i = find(path);
        at = i < path->next ? path->back[i % SLOTS] : RTC_NEVER;
        if (at > probe_window_stalled_at(&window)) {
            now = probe_window_stalled_at(&window);
            probe_window_stall(&window, path->next, now);
            continue;
        }
        now = at;
        path->first++;
        path->above = i + 1;
        path->received++;
        path->counted += now >= end - TIME / 2;
        probe_window_returned(&window, path->above, path->next,
                              now - path->left[i % SLOTS], now);
    }
    return path->counted * LEN * 8e6 / (TIME / 2);
}

int main(void)
{
    struct path *path = malloc(sizeof *path);

    for (size_t i = 0; path && i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        double wanted = (double)row->terms.rate_bps * (1 - row->terms.loss);
        double least = wanted, most = 0, lost = 0;

        for (uint64_t seed = 0; seed < 10; seed++) {
            double rate = run(path, row, seed);
            double part = 1 - (double)path->received / path->next;

            least = rate < least ? rate : least;
            most = rate > most ? rate : most;
            lost = part > lost ? part : lost;
        }
        ok(least > wanted * 0.9 && most < wanted * 1.02, row->name);
        ok(lost <= row->most_lost, "it loses no more than it has to");
        printf("# %.0f to %.0f of %.0f, lost %.3f\n", least, most, wanted,
               lost);
    }
    free(path);
    return tap_done();
}
