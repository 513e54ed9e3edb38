/* SPDX-License-Identifier: MIT
 * Which of our candidates the remote has been told of: by a description, by a
 * fragment, or by an event that the caller carries over. */
#pragma once

#include "rtc.h"

struct rtc_peer;

#define RTC_TOLD_MOST 24 /* candidates ICE keeps */

struct rtc_told_candidate {
    struct rtc_addr addr, base;
    uint8_t transport, tcptype;
    bool by_event, by_text;
};

struct rtc_told {
    struct rtc_told_candidate list[RTC_TOLD_MOST];
    unsigned count;
    bool is_stale;     /* candidates came since it was last gone through */
    bool gathered_due; /* RTC_EVENT_GATHERED is to be told */
    bool end;          /* end-of-candidates was told by text */
    struct rtc_candidate candidate; /* of the last event: lent */
};

/* A description with all candidates goes out. */
void rtc_peer_tell_all(struct rtc_peer *peer);
/* Everything is to be told again: ICE restarts. */
void rtc_peer_tell_anew(struct rtc_peer *peer);
/* The candidates on `base` are no more: ICE and the list forget them. */
void rtc_peer_drop_candidates(struct rtc_peer *peer,
                              const struct rtc_addr *base, rtc_usec now);
/* The next RTC_EVENT_CANDIDATE or RTC_EVENT_GATHERED. */
bool rtc_peer_poll_candidate(struct rtc_peer *peer,
                             struct rtc_event *ret_event);
/* The next candidate no text told of, which tells it. */
bool rtc_peer_next_untold(struct rtc_peer *peer,
                          struct rtc_candidate *ret_candidate);
