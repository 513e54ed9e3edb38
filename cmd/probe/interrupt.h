/* SPDX-License-Identifier: MIT
 *
 * INT and TERM for subjects that run no event loop: they are asked for, so that
 * a report can be printed before the process dies of them.
 */
#pragma once

/* From now on. Ends the process when it is out of descriptors. */
void probe_interrupt_init(void);
/* The signal that came, or 0: at once. The answer stays. */
int probe_interrupted(void);
/* Waits until `fd` is readable, for at most `timeout_ms` (-1: for ever), or a
 * signal came. */
void probe_interrupt_wait(int fd, int timeout_ms);
