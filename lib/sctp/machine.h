/* SPDX-License-Identifier: MIT
 * The insides of rtc_channels, seen by channels.c (the caller's calls, packets,
 * time) and inbound.c (what the association has read). */
#pragma once

#include "sctp/association.h"
#include "sctp/channels.h"
#include "sctp/ledger.h"

/* The message that is being put together, or that poll gives next. */
struct rtc_in_hand {
    uint8_t *data;
    size_t len, size;
    int number; /* of its channel */
    uint32_t ppid;
    bool is_whole;
    bool is_lent;  /* poll gave it: the next one may take its place */
    bool too_long; /* the rest of it is left out */
};

struct rtc_channels {
    struct rtc_channels_config config;
    struct rtc_channel_table table;
    struct rtc_association *association; /* NULL before the start */
    struct rtc_ledger ledger;
    struct rtc_in_hand message;
    bool is_client, is_up, is_down, is_ended, is_held;
    unsigned streams; /* there are, once up */
    uint64_t remote_max;
    bool may_tell; /* some channel may have a flag set */
};

/* inbound.c: reads until a message is in hand or there is nothing more. */
void rtc_channels_read(struct rtc_channels *s, rtc_usec now);
/* The association is up: gives the channel its stream and opens it. */
void rtc_channels_open(struct rtc_channels *s, struct rtc_channel *c);
/* The association is over, and every channel. */
void rtc_channels_go_down(struct rtc_channels *s);
