/* SPDX-License-Identifier: MIT
 * Resets of streams (RFC 6525) that overtook data sent before them. usrsctp
 * acts on such a one only with the next data after the missing, which may never
 * come; so it gets to see it, or its resend, when nothing is missing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed at first. */
struct rtc_sctp_early {
    bool has_acked;     /* anything was ever acknowledged */
    uint32_t acked_tsn; /* up to there, what came is complete */
    uint8_t *packet;    /* the one that waits, or NULL */
    size_t len;
    uint32_t tsn; /* it is in time when this was acknowledged */
};

void rtc_sctp_early_done(struct rtc_sctp_early *e);
/* Looks at a packet of ours for what it acknowledges. */
void rtc_sctp_early_note(struct rtc_sctp_early *e, const uint8_t *packet,
                         size_t len);
/* Whether a packet that came has to wait; copied then. One that waits already
 * makes place, as it is sent again. */
bool rtc_sctp_early_keep(struct rtc_sctp_early *e, const uint8_t *packet,
                         size_t len);
/* The one that waited, if it is in time now: the caller's to free. */
uint8_t *rtc_sctp_early_take(struct rtc_sctp_early *e, size_t *ret_len);
