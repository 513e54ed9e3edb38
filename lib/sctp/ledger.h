/* SPDX-License-Identifier: MIT
 * What was handed to the association and is not acknowledged, in order: SCTP
 * tells how many bytes wait in all, and this whose they are. Streams may
 * overtake each other a little, so a channel's share is exact only in the end.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Messages that wait, at most: small ones cost memory, too. */
#define RTC_LEDGER_MOST 16384

struct rtc_ledger_entry {
    int owner;
    uint32_t len;
};

struct rtc_ledger {
    struct rtc_ledger_entry *entries; /* a ring of `size`, a power of two */
    uint32_t first, count, size;
    size_t total; /* bytes of all entries */
};

void rtc_ledger_done(struct rtc_ledger *l);
/* Room for one more entry. RTC_ERR_AGAIN at the cap, NOMEM. */
int rtc_ledger_reserve(struct rtc_ledger *l);
/* Adds one; there must be room. */
void rtc_ledger_push(struct rtc_ledger *l, int owner, uint32_t len);
/* Takes bytes off the oldest entry until no more than `pending` are left: how
 * many went, 0 when that is so already, and whose. */
uint32_t rtc_ledger_settle(struct rtc_ledger *l, size_t pending,
                           int *ret_owner);
