/* SPDX-License-Identifier: MIT
 * Resend times of one STUN request (RFC 8489 6.2.1). */
#include "stun/transaction.h"

#include "base/clock.h"

#include <string.h>

void rtc_stun_transaction_start(struct rtc_stun_transaction *t,
                                const uint8_t id[RTC_STUN_ID_LEN], rtc_usec now)
{
    *t = (struct rtc_stun_transaction){.open = true, .due_at = now};
    memcpy(t->id, id, RTC_STUN_ID_LEN);
}

enum rtc_stun_step
rtc_stun_transaction_step(const struct rtc_stun_transaction *t,
                          const struct rtc_stun_retry *retry, rtc_usec now)
{
    if (!t->open || now < t->due_at)
        return RTC_STUN_WAIT;
    if (t->sent_count == 0 || t->sent_count < retry->send_count)
        return RTC_STUN_RESEND;
    return RTC_STUN_GIVE_UP;
}

void rtc_stun_transaction_sent(struct rtc_stun_transaction *t,
                               const struct rtc_stun_retry *retry, rtc_usec now)
{
    if (t->sent_count == 0) {
        t->first_sent_at = now;
        t->wait_us = rtc_min_time(retry->rto_us, retry->rto_max_us);
    } else {
        /* Halved before it is doubled: rto_max_us may be near the end. */
        t->wait_us = t->wait_us > retry->rto_max_us / 2 ? retry->rto_max_us
                                                        : 2 * t->wait_us;
    }
    t->sent_count++;
    t->due_at = rtc_after(now, t->wait_us);
}

rtc_usec rtc_stun_transaction_due(const struct rtc_stun_transaction *t)
{
    return t->open ? t->due_at : RTC_NEVER;
}

bool rtc_stun_transaction_answer(struct rtc_stun_transaction *t,
                                 const uint8_t id[RTC_STUN_ID_LEN])
{
    if (!t->open || t->sent_count == 0 ||
        memcmp(t->id, id, RTC_STUN_ID_LEN) != 0)
        return false;
    t->open = false;
    return true;
}

void rtc_stun_transaction_retime(struct rtc_stun_transaction *t,
                                 const struct rtc_stun_retry *retry)
{
    rtc_usec sent_at = t->due_at - t->wait_us;
    rtc_usec wait = rtc_min_time(retry->rto_us, retry->rto_max_us);

    if (!t->open || t->sent_count == 0)
        return;
    for (unsigned i = 1; i < t->sent_count && wait < retry->rto_max_us; i++)
        wait = wait > retry->rto_max_us / 2 ? retry->rto_max_us : 2 * wait;
    t->wait_us = wait;
    t->due_at = rtc_after(sent_at, wait);
}
