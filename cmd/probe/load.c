/* SPDX-License-Identifier: MIT
 *
 * A timer that is due again and again, and the processor time used.
 */
#include "cmd/probe/load.h"

#include <sys/resource.h>

#define TICK_US 10000
/* A twentieth of the timers is served later than this, or a core is full. */
#define LATE_US 20000
#define CPU_HIGH 0.9
/* Less than that is a start. */
#define TICK_LEAST 50

rtc_usec load_cpu_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (rtc_usec)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void on_tick(void *user, int what)
{
    struct load *load = user;
    rtc_usec now = driver_now(load->driver);

    (void)what;
    /* Those that would have been due meanwhile are late, too. */
    for (rtc_usec late = now - load->due; late >= 0; late -= TICK_US)
        histogram_add(&load->lateness, late);
    load->due = now + TICK_US;
    driver_timer_set(load->timer, load->due);
}

bool load_begin(struct load *load, struct driver *driver)
{
    *load = (struct load){.driver = driver, .began_at = driver_now(driver)};
    load->began_cpu = load_cpu_time();
    load->timer = driver_timer_new(driver, on_tick, load);
    if (!load->timer)
        return false;
    load->due = load->began_at + TICK_US;
    driver_timer_set(load->timer, load->due);
    return true;
}

void load_end(struct load *load)
{
    rtc_usec took = driver_now(load->driver) - load->began_at;

    driver_watch_free(load->timer);
    load->timer = NULL;
    if (took > 0)
        load->cpu = (double)(load_cpu_time() - load->began_cpu) / (double)took;
}

struct probe_group *load_add(const struct load *load,
                             struct probe_result *result)
{
    static const struct probe_kind kind = {"load", "loads"};
    struct probe_group *group = probe_add_group(result, &kind, "this machine");

    probe_set(group, "cpu", PROBE_RATIO, load->cpu);
    probe_set_time(group, "latenessAvg", histogram_mean(&load->lateness));
    probe_set_time(group, "latenessP95",
                   histogram_percentile(&load->lateness, 0.95));
    probe_set_time(group, "latenessMax",
                   load->lateness.count ? load->lateness.most : -1);
    return group;
}

bool load_is_high(const struct load *load)
{
    return (load->cpu >= CPU_HIGH && load->lateness.count >= TICK_LEAST) ||
           histogram_percentile(&load->lateness, 0.95) > LATE_US;
}
