/* SPDX-License-Identifier: MIT
 * Repeats the last packet of a pausing stream until it is confirmed; the idea
 * is that of TCP's tail loss probe (RFC 8985 7). */
#include "stream/tail.h"

#include "base/clock.h"
#include "rtp/sequence.h"

/* A stream that pauses longer than this has come to a (perhaps short) end. */
#define PAUSE_US (60 * RTC_MS)
#define RTT_UNKNOWN_US (100 * RTC_MS)

static rtc_usec wait_us(rtc_usec rtt_us, unsigned tries)
{
    rtc_usec wait = 2 * (rtt_us < 0 ? RTT_UNKNOWN_US : rtt_us) + PAUSE_US;

    return wait << (tries < 3 ? tries : 3);
}

void rtc_tail_init(struct rtc_tail *t, bool nack)
{
    *t = (struct rtc_tail){.tries_most =
                               nack ? RTC_TAIL_TRIES : RTC_TAIL_TRIES_PLAIN};
}

void rtc_tail_sent(struct rtc_tail *t, const struct rtc_sender *s,
                   rtc_usec rtt_us, rtc_usec now)
{
    uint64_t last = s->history.next - 1;

    if (t->started && last == t->last)
        return;      /* a resend */
    if (!t->started) /* that may be a run of several */
        t->first = last + 1 - (s->packets - s->packets_before);
    t->started = true;
    t->last = last;
    t->tries = 0;
    t->due_us = now + wait_us(rtt_us, 0);
}

static bool is_confirmed(const struct rtc_tail *t)
{
    return !t->started || (t->reported && t->confirmed >= t->last);
}

void rtc_tail_report(struct rtc_tail *t, uint32_t highest, rtc_usec now)
{
    uint64_t number;

    if (!t->started)
        return;
    number = rtc_sequence_near16(t->last, (uint16_t)highest);
    if (number > t->last) /* There is no such packet; some count one more. */
        number = t->last;
    if (t->reported && number <= t->confirmed)
        return;
    t->reported = true;
    t->confirmed = number;
    t->quiet_us = now;
}

void rtc_tail_nack(struct rtc_tail *t, rtc_usec now)
{
    t->quiet_us = now;
}

bool rtc_tail_is_delivered(const struct rtc_tail *t, rtc_usec rtt_us,
                           rtc_usec now)
{
    if (!t->started)
        return true;
    if (!is_confirmed(t))
        return t->tries >= t->tries_most && now >= t->due_us;
    return now - t->quiet_us >= wait_us(rtt_us, 0);
}

rtc_usec rtc_tail_deadline(const struct rtc_tail *t)
{
    return is_confirmed(t) || t->tries >= t->tries_most ? RTC_NEVER : t->due_us;
}

void rtc_tail_tick(struct rtc_tail *t, struct rtc_sender *s, rtc_usec rtt_us,
                   rtc_usec now)
{
    uint16_t sequence = (uint16_t)t->last;
    uint64_t asked = s->asked;

    if (now < rtc_tail_deadline(t))
        return;
    t->tries++;
    t->due_us = now + wait_us(rtt_us, t->tries);
    rtc_sender_nack(s, &sequence, 1, rtt_us, now);
    s->nacked--; /* nobody asked */
    s->asked = asked;
}
