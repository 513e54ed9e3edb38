/* SPDX-License-Identifier: MIT
 *
 * Bytes of a file or pipe, read when there is something and somebody wants it:
 * what is not wanted stays in the pipe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/driver.h"

struct inflow;

/* Opens `file` as on the command line; `ready` is called from driver_run when
 * it is wanted and can be read. NULL with errno. */
struct inflow *inflow_new(struct driver *driver, const char *file,
                          void (*ready)(void *user), void *user);
void inflow_free(struct inflow *in);
/* Whether `ready` is to be called; not so at first. */
void inflow_want(struct inflow *in, bool wanted);
/* Reads into `buf` without waiting: bytes, 0 for none now, -1 with errno.
 * `ret_end`: there are no more. */
int inflow_read(struct inflow *in, uint8_t *buf, size_t cap, bool *ret_end);
