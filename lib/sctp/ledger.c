/* SPDX-License-Identifier: MIT
 * A ring that grows by doubling up to its cap. */
#include "sctp/ledger.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "rtc.h"

#define FIRST_SIZE 64u

void rtc_ledger_done(struct rtc_ledger *l)
{
    rtc_free(l->entries);
    *l = (struct rtc_ledger){0};
}

int rtc_ledger_reserve(struct rtc_ledger *l)
{
    uint32_t size = l->size ? 2 * l->size : FIRST_SIZE;
    struct rtc_ledger_entry *grown;

    if (l->count < l->size)
        return 0;
    if (l->size == RTC_LEDGER_MOST)
        return RTC_ERR_AGAIN;
    grown = rtc_calloc(size, sizeof *grown);
    if (!grown)
        return RTC_ERR_NOMEM;
    for (uint32_t i = 0; i < l->count; i++)
        grown[i] = l->entries[(l->first + i) & (l->size - 1)];
    rtc_free(l->entries);
    l->entries = grown;
    l->size = size;
    l->first = 0;
    return 0;
}

void rtc_ledger_push(struct rtc_ledger *l, int owner, uint32_t len)
{
    assert(l->count < l->size);
    l->entries[(l->first + l->count++) & (l->size - 1)] =
        (struct rtc_ledger_entry){owner, len};
    l->total += len;
}

uint32_t rtc_ledger_settle(struct rtc_ledger *l, size_t pending, int *ret_owner)
{
    size_t gone = l->total > pending ? l->total - pending : 0;
    struct rtc_ledger_entry *oldest;

    if (!gone || !l->count)
        return 0;
    oldest = &l->entries[l->first];
    if (gone > oldest->len)
        gone = oldest->len;
    *ret_owner = oldest->owner;
    oldest->len -= (uint32_t)gone;
    l->total -= gone;
    if (!oldest->len) {
        l->first = (l->first + 1) & (l->size - 1);
        l->count--;
    }
    return (uint32_t)gone;
}
