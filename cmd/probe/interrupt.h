/* SPDX-License-Identifier: MIT
 *
 * INT and TERM, so that a report can be printed before the process dies of
 * them: as a call for subjects that run the driver, or asked for by those that
 * do not.
 */
#pragma once

#include "cmd/driver.h"

/* ---- on the driver ------------------------------------------------------- */

struct probe_signals {
    struct driver_watch *watches[2]; /* NULL: ignored, or out of memory */
};

/* Calls `fn` with the number of each that comes. One that is ignored stays so:
 * nohup, a shell's background. Ends the process when memory runs out. */
void probe_signals_watch(struct probe_signals *signals, struct driver *driver,
                         driver_fn fn, void *user);
void probe_signals_done(struct probe_signals *signals);

/* ---- without ------------------------------------------------------------- */

/* From now on. Ends the process when it is out of descriptors. */
void probe_interrupt_init(void);
/* The signal that came, or 0: at once. The answer stays. */
int probe_interrupted(void);
/* Waits until `fd` is readable, for at most `timeout_ms` (-1: for ever), or a
 * signal came. */
void probe_interrupt_wait(int fd, int timeout_ms);
