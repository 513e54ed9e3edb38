/* SPDX-License-Identifier: MIT
 * What is complete is read off our own acknowledgements. */
#include "sctp/early.h"

#include <string.h>

#include "base/mem.h"
#include "sctp/packet.h"

void rtc_sctp_early_done(struct rtc_sctp_early *e)
{
    rtc_free(e->packet);
    e->packet = NULL;
}

void rtc_sctp_early_note(struct rtc_sctp_early *e, const uint8_t *packet,
                         size_t len)
{
    if (rtc_sctp_find_ack(packet, len, &e->acked_tsn))
        e->has_acked = true;
}

/* Numbers wrap around (RFC 9260 1.6). */
static bool is_complete(const struct rtc_sctp_early *e, uint32_t tsn)
{
    return !e->has_acked || (int32_t)(e->acked_tsn - tsn) >= 0;
}

bool rtc_sctp_early_keep(struct rtc_sctp_early *e, const uint8_t *packet,
                         size_t len)
{
    uint32_t tsn;

    if (!rtc_sctp_find_reset(packet, len, &tsn) || is_complete(e, tsn))
        return false;
    rtc_sctp_early_done(e);
    e->packet = rtc_calloc(1, len);
    if (e->packet) /* else it is lost, and sent again */
        memcpy(e->packet, packet, len);
    e->len = len;
    e->tsn = tsn;
    return true;
}

uint8_t *rtc_sctp_early_take(struct rtc_sctp_early *e, size_t *ret_len)
{
    uint8_t *packet = e->packet;

    if (!packet || !is_complete(e, e->tsn))
        return NULL;
    e->packet = NULL;
    *ret_len = e->len;
    return packet;
}
