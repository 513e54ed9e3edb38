/* SPDX-License-Identifier: MIT
 * Departures in a ring by number, and feedback (draft-holmer-rmcat-transport-
 * wide-cc-extensions-01 3.1) matched against it. */
#include "cc/sent.h"

#include "base/mem.h"

/* The reference time wraps after 2^24 steps of 64 ms. */
#define CLOCK_WRAP_US ((rtc_usec)(1 << 24) * 64000)

_Static_assert((RTC_SENT_MOST & (RTC_SENT_MOST - 1)) == 0, "a ring");

void rtc_sent_init(struct rtc_sent *s)
{
    *s = (struct rtc_sent){.first = RTC_SEQUENCE_ORIGIN + 1,
                           .end = RTC_SEQUENCE_ORIGIN + 1};
}

void rtc_sent_done(struct rtc_sent *s)
{
    if (!s)
        return;
    rtc_free(s->packets);
    rtc_sent_init(s);
}

static struct rtc_sent_packet *at(struct rtc_sent *s, uint64_t number)
{
    return &s->packets[number & (RTC_SENT_MOST - 1)];
}

void rtc_sent_push(struct rtc_sent *s, size_t len, uint8_t probe, rtc_usec now)
{
    if (!s->packets)
        s->packets = rtc_calloc(RTC_SENT_MOST, sizeof *s->packets);
    s->end++;
    if (!s->packets) {
        s->first = s->end;
        return;
    }
    s->bytes += (uint32_t)len;
    *at(s, s->end - 1) = (struct rtc_sent_packet){.sent_us = now,
                                                  .bytes = s->bytes,
                                                  .len = (uint16_t)len,
                                                  .probe = probe};
    if (s->first + RTC_SENT_MOST < s->end)
        s->first = s->end - RTC_SENT_MOST;
}

void rtc_sent_feedback(struct rtc_sent *s, const struct rtc_twcc *twcc)
{
    rtc_usec reference = twcc->reference_us;
    rtc_usec ahead = s->heard ? (reference - s->clock_us) % CLOCK_WRAP_US : 0;

    /* The wrap nearest to the message before. */
    if (ahead > CLOCK_WRAP_US / 2)
        ahead -= CLOCK_WRAP_US;
    else if (ahead < -CLOCK_WRAP_US / 2)
        ahead += CLOCK_WRAP_US;
    s->clock_us = s->heard ? s->clock_us + ahead : reference;
    s->heard = true;
    s->walk_offset_us = s->clock_us - reference;
    rtc_twcc_iterator_init(&s->walk, twcc);
}

bool rtc_sent_next(struct rtc_sent *s, struct rtc_sent_news *ret_news)
{
    struct rtc_twcc_status status;

    while (rtc_twcc_next(&s->walk, &status)) {
        uint64_t number = rtc_sequence_near16(s->end, status.sequence);
        struct rtc_sent_packet *packet;

        if (number < s->first || number >= s->end)
            continue;
        packet = at(s, number);
        if (number >= s->told_end) {
            s->told_end = number + 1;
            s->told_bytes = packet->bytes;
        }
        if (packet->state == RTC_SENT_RECEIVED ||
            (packet->state == RTC_SENT_LOST && !status.received))
            continue;
        *ret_news = (struct rtc_sent_news){
            .sent_us = packet->sent_us,
            .arrival_us = status.arrival_us + s->walk_offset_us,
            .len = packet->len,
            .received = status.received,
            .was_lost = packet->state == RTC_SENT_LOST,
            .probe = packet->probe,
        };
        packet->state = status.received ? RTC_SENT_RECEIVED : RTC_SENT_LOST;
        return true;
    }
    return false;
}
