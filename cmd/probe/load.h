/* SPDX-License-Identifier: MIT
 *
 * How busy this process was while it measured: what it could not keep up with,
 * it would take for a fault of the network.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/probe/histogram.h"
#include "cmd/probe/result.h"

struct load {
    struct driver *driver;
    struct driver_watch *timer;
    rtc_usec due;
    struct histogram lateness; /* how late the event loop serves a timer */
    rtc_usec began_at, began_cpu;
    double cpu; /* of one core, once it is over */
};

/* False when out of memory. */
bool load_begin(struct load *load, struct driver *driver);
void load_end(struct load *load);
/* Adds a group of its measures; others may follow. */
struct probe_group *load_add(const struct load *load,
                             struct probe_result *result);
/* Whether the machine was so busy that what was measured may be its own. */
bool load_is_high(const struct load *load);
/* Processor time that this process has taken so far. */
rtc_usec load_cpu_time(void);
