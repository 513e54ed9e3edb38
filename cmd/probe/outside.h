/* SPDX-License-Identifier: MIT
 *
 * A plain UDP socket of our own that plays the peer of a relay.
 */
#pragma once

#include "cmd/driver.h"

struct probe_outside;

typedef void (*probe_outside_fn)(void *user, const uint8_t *data, size_t len);

/* Towards `remote`; what comes from there, from whatever port, is for `fn`.
 * NULL with errno. */
struct probe_outside *probe_outside_new(struct driver *driver,
                                        const struct rtc_addr *remote,
                                        probe_outside_fn fn, void *user);
/* NULL is fine. */
void probe_outside_free(struct probe_outside *outside);
/* False: there is no room now. */
bool probe_outside_send(struct probe_outside *outside, const uint8_t *data,
                        size_t len);
