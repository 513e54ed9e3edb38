/* SPDX-License-Identifier: MIT
 *
 * What a NAT does (RFC 4787), concluded from what STUN servers saw and who
 * reached us (RFC 5780 4). Pure: observations in, a name and sentences out.
 */
#pragma once

#include <stdbool.h>

#include "rtc.h"

/* The better one is smaller, UNKNOWN aside. */
enum probe_mapping {
    PROBE_MAPPING_UNKNOWN,
    PROBE_MAPPING_NONE, /* no NAT */
    PROBE_MAPPING_INDEPENDENT,
    PROBE_MAPPING_ADDRESS,
    PROBE_MAPPING_ENDPOINT, /* ADDRESS or ADDRESS_PORT: nobody could tell */
    PROBE_MAPPING_ADDRESS_PORT,
};

enum probe_filtering {
    PROBE_FILTERING_UNKNOWN,
    PROBE_FILTERING_INDEPENDENT,
    PROBE_FILTERING_ADDRESS,
    PROBE_FILTERING_ADDRESS_PORT,
};

enum probe_tried { PROBE_UNTRIED, PROBE_NO, PROBE_YES };

#define PROBE_SIGHT_MOST 24

struct probe_seen {
    struct rtc_addr local; /* the port that all sights are of */
    struct probe_sight {
        struct rtc_addr server; /* who was asked */
        struct rtc_addr mapped; /* and whom it saw */
    } sights[PROBE_SIGHT_MOST];
    unsigned sight_count;
    /* Whether an answer got here from another IP address (and port), and from
     * another port of the same address. */
    enum probe_tried from_address, from_port;
};

enum probe_mapping probe_mapping_of(const struct probe_seen *seen);
enum probe_filtering probe_filtering_of(const struct probe_seen *seen);
/* "endpoint-independent" and the like; NULL for UNKNOWN. Static. */
const char *probe_mapping_name(enum probe_mapping mapping);
const char *probe_filtering_name(enum probe_filtering filtering);
/* What it means for a call. Static. */
const char *probe_mapping_meaning(enum probe_mapping mapping,
                                  enum probe_filtering filtering);
