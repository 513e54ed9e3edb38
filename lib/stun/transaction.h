/* SPDX-License-Identifier: MIT
 * When to send a STUN request again (RFC 8489 6.2.1): the wait doubles up to a
 * cap; after the last send one more wait, then it has failed. A plain value:
 * no message is kept, the owner writes it anew with the same id. */
#pragma once

#include "rtc.h"
#include "stun/message.h"

struct rtc_stun_retry {
    rtc_usec rto_us, rto_max_us; /* first wait, and the longest */
    unsigned send_count;         /* sends in total, at least 1 */
};

struct rtc_stun_transaction {
    uint8_t id[RTC_STUN_ID_LEN];
    unsigned sent_count;
    bool open;              /* begun, and neither answered nor given up */
    rtc_usec first_sent_at; /* from the first send on */
    rtc_usec due_at;        /* of the next send, or of giving up */
    rtc_usec wait_us;
};

enum rtc_stun_step { RTC_STUN_WAIT, RTC_STUN_RESEND, RTC_STUN_GIVE_UP };

/* Begins with a random id that is due at once. */
void rtc_stun_transaction_start(struct rtc_stun_transaction *t,
                                const uint8_t id[RTC_STUN_ID_LEN],
                                rtc_usec now);
/* What is due at `now`; changes nothing. */
enum rtc_stun_step
rtc_stun_transaction_step(const struct rtc_stun_transaction *t,
                          const struct rtc_stun_retry *retry, rtc_usec now);
/* The owner sent it (again). */
void rtc_stun_transaction_sent(struct rtc_stun_transaction *t,
                               const struct rtc_stun_retry *retry,
                               rtc_usec now);
/* RTC_NEVER when it is not open. */
rtc_usec rtc_stun_transaction_due(const struct rtc_stun_transaction *t);
/* Ends it if it is open and has this id. */
bool rtc_stun_transaction_answer(struct rtc_stun_transaction *t,
                                 const uint8_t id[RTC_STUN_ID_LEN]);
/* New times for the wait under way. */
void rtc_stun_transaction_retime(struct rtc_stun_transaction *t,
                                 const struct rtc_stun_retry *retry);
