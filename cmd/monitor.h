/* SPDX-License-Identifier: MIT
 *
 * Tells when the machine's addresses or interfaces change, by rtnetlink(7).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/driver.h"

struct monitor;

/* Calls `fn` a moment after the last of several changes. NULL with errno. */
struct monitor *monitor_new(struct driver *driver, void (*fn)(void *user),
                            void *user);
/* Also from within `fn`. NULL is fine. */
void monitor_free(struct monitor *monitor);

/* Whether messages of the kernel tell of a change that matters: a link or an
 * address went or came, and is not tentative (RFC 4862) any more. */
bool monitor_parse(const uint8_t *data, size_t len);
