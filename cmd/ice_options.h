/* SPDX-License-Identifier: MIT
 *
 * What the options say of candidates and servers, read and checked.
 */
#pragma once

#include "cmd/cli.h"
#include "cmd/server.h"

struct ice_options {
    struct option_list servers, nat_addresses;
    int policy; /* enum rtc_ice_policy */
    bool tcp;   /* candidates over TCP, too */
    rtc_usec gather_timeout;
    const char *turn_secret_file;
    const char *cacert;
    bool insecure;
};

#define ICE_DEFAULTS                                                           \
    {                                                                          \
        .gather_timeout = 3000000                                              \
    }

/* The servers of the options, or, when there are none, of RTC_ICE_SERVERS. Ends
 * the process when they are malformed. */
void ice_options_servers(const struct ice_options *options,
                         struct server_list *ret_list);
/* The same for servers that are named elsewhere, by `source` ("SERVER"), with
 * the secret of `secret_file` (or NULL). */
void ice_options_read(const struct option_list *names, const char *source,
                      const char *secret_file, struct server_list *ret_list);
/* Policy and NAT addresses. Ends the process when they are malformed. */
void ice_options_config(const struct ice_options *options,
                        struct rtc_config *config);
/* Whether any of them says something about new candidates. */
bool ice_options_any(const struct ice_options *options);
