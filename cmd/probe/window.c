/* SPDX-License-Identifier: MIT
 *
 * The window is twice what the path holds, and thrice while that still grows:
 * the best rate of the last rounds, times the mean round trip of the quickest
 * round. So it fills the path and as much again of a queue, whatever the path
 * loses, and however its delay varies. (A round ends when what left after the
 * one before is back.)
 */
#include "cmd/probe/window.h"

#include <stddef.h>

#define LEAST 4
#define MOST 8192
/* When nothing came for a long round trip, a quarter, and this, what is under
 * way is lost. */
#define STALL_US 20000

#define RATE_COUNT (sizeof((struct probe_window *)NULL)->rates / sizeof(double))

void probe_window_init(struct probe_window *window, rtc_usec rtt_us,
                       rtc_usec now)
{
    *window = (struct probe_window){.size = LEAST,
                                    .longest = rtt_us,
                                    .round_start = now,
                                    .progress_at = now};
}

bool probe_window_has_room(const struct probe_window *window, uint32_t above,
                           uint32_t next)
{
    return next - (above > window->base ? above : window->base) < window->size;
}

static void begin_round(struct probe_window *window, uint32_t next,
                        rtc_usec now)
{
    window->round_start = now;
    window->round_count = 0;
    window->round_rtt_sum = 0;
    window->round_end = next;
}

/* The best rate of the last rounds, this one included. */
static double best_rate(struct probe_window *window, rtc_usec span)
{
    double best = 0;

    window->rates[window->rate_next++ % RATE_COUNT] =
        window->round_count * 1e6 / (double)(span > 0 ? span : 1);
    for (size_t i = 0; i < RATE_COUNT; i++)
        best = window->rates[i] > best ? window->rates[i] : best;
    return best;
}

/* Whether the rate grew by a quarter within three rounds. */
static bool is_growing(struct probe_window *window, double rate)
{
    window->still_rounds++;
    if (rate > window->full_rate * 1.25) {
        window->full_rate = rate;
        window->still_rounds = 0;
    }
    return window->still_rounds < 3;
}

static void end_round(struct probe_window *window, uint32_t next, rtc_usec now)
{
    rtc_usec rtt = window->round_rtt_sum / window->round_count;
    double rate = best_rate(window, now - window->round_start);
    double gain = is_growing(window, rate) ? 3 : 2, size;

    if (!window->quickest || rtt < window->quickest)
        window->quickest = rtt;
    size = gain * rate * (double)window->quickest / 1e6;
    window->size = size < LEAST ? LEAST : size > MOST ? MOST : (unsigned)size;
    begin_round(window, next, now);
}

void probe_window_returned(struct probe_window *window, uint32_t above,
                           uint32_t next, rtc_usec rtt_us, rtc_usec now)
{
    window->progress_at = now;
    if (rtt_us > window->longest)
        window->longest = rtt_us;
    window->round_count++;
    window->round_rtt_sum += rtt_us;
    if (above > window->round_end)
        end_round(window, next, now);
}

rtc_usec probe_window_stalled_at(const struct probe_window *window)
{
    return window->progress_at + window->longest + window->longest / 4 +
           STALL_US;
}

/* What is under way is lost, and nothing but that holds up the round. */
void probe_window_stall(struct probe_window *window, uint32_t next,
                        rtc_usec now)
{
    window->base = next;
    window->progress_at = now;
    if (window->round_count > 0) {
        end_round(window, next, now);
        return;
    }
    window->size = window->size / 2 > LEAST ? window->size / 2 : LEAST;
    begin_round(window, next, now);
}
