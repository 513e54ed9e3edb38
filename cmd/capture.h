/* SPDX-License-Identifier: MIT
 *
 * What passes, for Wireshark: --pcap and --keylog.
 */
#pragma once

#include "cmd/driver.h"
#include "rtc.h"

struct capture;

struct capture_options {
    const char *pcap, *keylog; /* as on the command line; NULL: none */
};

/* Opens the files; NULL when there is nothing to do. Ends the process when one
 * cannot be opened. `tool`: its name. Lends `options`. */
struct capture *capture_new(struct driver *driver,
                            const struct capture_options *options,
                            const char *tool);
/* Has the peer that is made of `config` captured. `capture` may be NULL. */
void capture_config(struct capture *capture, struct rtc_config *config);
/* Writes what is left. NULL is fine. */
void capture_free(struct capture *capture);
