/* SPDX-License-Identifier: MIT
 * One connectivity check as messages (RFC 8445 7.1, 7.3): the request, its
 * answers, and whose they are. */
#pragma once

#include "stun/message.h"

struct rtc_ice_credentials {
    char ufrag[RTC_UFRAG_MAX + 1], pwd[RTC_PWD_MAX + 1];
};

/* 4..256 and 22..256 ice-chars (RFC 8839 5.4), and the few more that others
 * use. */
bool rtc_ice_credentials_are_right(const char *ufrag, const char *pwd);

struct rtc_ice_check {
    const uint8_t *id; /* RTC_STUN_ID_LEN */
    const struct rtc_ice_credentials *local, *remote;
    uint32_t priority; /* of the candidate the remote may learn by it */
    bool controlling, use_candidate;
    uint64_t tie_breaker;
};

/* What is owed to a request; small, since it waits in a queue. */
struct rtc_ice_answer {
    struct rtc_path path; /* the request's, seen from here */
    uint8_t id[RTC_STUN_ID_LEN];
    uint16_t error; /* 0: success; 420; 487 */
    uint8_t unknown_count;
    uint16_t unknown[RTC_STUN_UNKNOWN_MOST];
};

/* A too small `w` fails. */
void rtc_ice_check_write(struct rtc_writer *w,
                         const struct rtc_ice_check *check);
void rtc_ice_answer_write(struct rtc_writer *w,
                          const struct rtc_ice_answer *answer,
                          const struct rtc_ice_credentials *local);
/* Is the request made to these credentials (RFC 8445 7.2.2): USERNAME begins
 * with the ufrag, MESSAGE-INTEGRITY fits the password. */
bool rtc_ice_check_is_for(const struct rtc_stun *request,
                          const struct rtc_ice_credentials *local);
bool rtc_ice_answer_is_from(const struct rtc_stun *answer,
                            const struct rtc_ice_credentials *remote);
