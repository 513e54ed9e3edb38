/* SPDX-License-Identifier: MIT
 * What loss says of the rate (draft-ietf-rmcat-gcc-02 6): a tenth or more asks
 * for less, 2 % for no more. Loss that a lower rate does not lessen is the
 * link's own, e.g. of a radio, and is left out of account. */
#pragma once

#include <stdbool.h>

#include "base/clock.h"

enum rtc_loss_phase {
    RTC_LOSS_FREE,
    RTC_LOSS_CUTTING, /* the rate is brought down */
    RTC_LOSS_JUDGING, /* to see whether there is less loss then */
};

struct rtc_loss_rate {
    unsigned total, lost; /* of the interval under way */
    rtc_usec begun_us;
    unsigned intervals; /* averaged */
    double fraction;    /* lost, of the last few intervals */
    double own;         /* the link's, whatever the rate */
    bool ours;          /* a lower rate once had less loss */
    unsigned held;      /* intervals in which the rate was held */
    enum rtc_loss_phase phase;
    uint64_t cut_from_bps; /* where the cuts began, with which loss */
    double cut_fraction;
};

enum rtc_loss_advice {
    RTC_LOSS_NOTHING_NEW, /* the interval goes on */
    RTC_LOSS_GROW,
    RTC_LOSS_HOLD,
    RTC_LOSS_CUT,
};

/* Zeroed: nothing is known. So many packets were sent, and so many of them
 * lost. */
void rtc_loss_rate_add(struct rtc_loss_rate *l, unsigned total, unsigned lost,
                       rtc_usec now);
/* A packet that was taken for lost has come. */
void rtc_loss_rate_found(struct rtc_loss_rate *l);
/* What to do with a rate of `bps`. `ret_bps`: CUT to that; with GROW more than
 * `bps` when a row of cuts turns out to have been for nothing. */
enum rtc_loss_advice rtc_loss_rate_advise(struct rtc_loss_rate *l, uint64_t bps,
                                          uint64_t *ret_bps, rtc_usec now);
