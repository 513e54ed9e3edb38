/* SPDX-License-Identifier: MIT
 *
 * Bytes to a file or pipe that never holds up the session: what a slow reader
 * does not take waits in memory, up to a limit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cmd/driver.h"

/* Bytes that wait at most. */
#define OUTFLOW_MOST ((size_t)32 << 20)

struct outflow;

/* Opens `file` (lent until outflow_close) as on the command line; a FIFO may
 * get its reader later. `failed` is called once, with errno, when the output
 * cannot be written any more. NULL with errno. */
struct outflow *outflow_new(struct driver *driver, const char *file,
                            void (*failed)(void *user, int error), void *user);
/* Waits up to `limit_ms` for a slow reader to take what waits; 0, or -1 with
 * errno. Then frees it. NULL is fine. */
int outflow_close(struct outflow *out, int limit_ms);
bool outflow_is_terminal(const struct outflow *out);
/* Bytes that wait for the reader. */
size_t outflow_waiting(const struct outflow *out);
/* Calls `fn` each time that nothing waits any more. */
void outflow_on_drained(struct outflow *out, void (*fn)(void *user),
                        void *user);
/* Nothing more is written: the reader sees the end, now if nothing waits. */
void outflow_end(struct outflow *out);
/* Whether `len` bytes more have room. */
bool outflow_has_room(const struct outflow *out, size_t len);
/* Writes or queues all of it. Copies. False when it failed. */
bool outflow_write(struct outflow *out, const void *data, size_t len);
