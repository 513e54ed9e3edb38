/* SPDX-License-Identifier: MIT
 * Simulcast (RFC 8853) by rids (RFC 8851): the a=rid and a=simulcast lines that
 * we write, and which layers two descriptions agree on. */
#pragma once

#include "negotiate/negotiate.h"

/* Fills the lines of a section we offer: a stream for each of the track's rids,
 * and as receiver what `before` (its description in force, or NULL) had. */
void rtc_simulcast_offer(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                         const struct rtc_negotiate_track *track,
                         const struct rtc_sdp_media *before);
/* Those of a section we answer, which has its direction and formats: what is
 * offered to be sent is received, what is wanted is sent if the track has rids.
 */
void rtc_simulcast_answer(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                          const struct rtc_sdp_media *offered,
                          const struct rtc_negotiate_track *track);

/* The layers that `sender` describes as sent and `receiver` as received, in the
 * receiver's order; at most RTC_LAYER_MOST. How many. */
unsigned
rtc_simulcast_agree(const struct rtc_sdp_media *sender,
                    const struct rtc_sdp_media *receiver,
                    struct rtc_negotiate_layer ret_layers[RTC_LAYER_MOST]);
