/* SPDX-License-Identifier: MIT
 * Server-reflexive candidates by STUN (RFC 8445 5.1.1.2, RFC 8489): one Binding
 * transaction for each socket and server, paced, resent, and repeated so that
 * the NAT keeps the binding. Owns nothing outside of itself. Call transmit
 * until 0 after any change; after that the deadline lies ahead. */
#pragma once

#include "base/random.h"
#include "stun/transaction.h"

#define RTC_ICE_GATHER_MOST 64 /* transactions */

struct rtc_ice_gather_timing {
    rtc_usec pacing_us;          /* Ta, between new transactions: 50 ms */
    struct rtc_stun_retry retry; /* 250 ms up to 2 s, 7 sends: 9.75 s */
    rtc_usec limit_us;     /* of each transaction, from its start: RTC_NEVER */
    rtc_usec keepalive_us; /* between requests after success: 15 s */
};

struct rtc_ice_gather_entry {
    uint8_t phase; /* in gather.c */
    uint8_t preference;
    bool keep;       /* the binding, by further requests */
    bool redirected; /* by a 300: `at` is not `server` */
    uint16_t code;   /* why it failed, 0: no answer, or none of use */
    struct rtc_addr base, server, at, mapped;
    struct rtc_stun_transaction transaction;
    rtc_usec end_at; /* by the limit */
    rtc_usec keep_at;
};

struct rtc_ice_gather {
    struct rtc_ice_gather_timing timing;
    struct rtc_random random;
    rtc_usec next_start_at; /* pacing */
    rtc_usec due_at;        /* the earliest of all times */
    unsigned count;
    struct rtc_ice_gather_entry entries[RTC_ICE_GATHER_MOST];
};

/* The defaults of the times. */
void rtc_ice_gather_timing_init(struct rtc_ice_gather_timing *timing);
/* Copies `timing` and `random`. */
void rtc_ice_gather_init(struct rtc_ice_gather *g,
                         const struct rtc_ice_gather_timing *timing,
                         const struct rtc_random *random);
/* Forgets everything. NULL is fine. */
void rtc_ice_gather_done(struct rtc_ice_gather *g);

/* Asks the server for the address it sees the UDP socket at `base` under.
 * `preference` as of rtc_candidate_make_srflx. What was asked already, whatever
 * came of it, is not asked again. RTC_ERR_ARG: no address and port;
 * RTC_ERR_UNSUPPORTED: the families differ; RTC_ERR_NOMEM: the cap. */
int rtc_ice_gather_start(struct rtc_ice_gather *g, const struct rtc_addr *base,
                         const struct rtc_addr *server, uint8_t preference,
                         rtc_usec now);
/* The socket is gone: nothing more is sent from it or told of it. */
void rtc_ice_gather_remove_base(struct rtc_ice_gather *g,
                                const struct rtc_addr *base);
/* Bindings of what was started so far are kept no longer. */
void rtc_ice_gather_stop(struct rtc_ice_gather *g);

enum rtc_ice_gather_result {
    RTC_ICE_GATHER_NOT_OURS,
    RTC_ICE_GATHER_TAKEN,     /* ours, and nothing new: dropped, an error, or
                                 an address that is known */
    RTC_ICE_GATHER_CANDIDATE, /* a new one */
};

/* Is it an answer to a request under way; cheap. */
bool rtc_ice_gather_expects(const struct rtc_ice_gather *g,
                            const struct rtc_path *path, const uint8_t *data,
                            size_t len);
/* Takes in a datagram; borrows `data`. `ret_candidate` is set with CANDIDATE
 * only; a NAT that gave a new address when asked again makes one more. */
enum rtc_ice_gather_result
rtc_ice_gather_receive(struct rtc_ice_gather *g, const struct rtc_path *path,
                       const uint8_t *data, size_t len,
                       struct rtc_candidate *ret_candidate, rtc_usec now);
/* The next request due. Its length, 0 when there is none, or RTC_ERR_NOBUF. */
int rtc_ice_gather_transmit(struct rtc_ice_gather *g, uint8_t *buf, size_t cap,
                            struct rtc_path *ret_path, rtc_usec now);
/* When to call tick at the latest, or RTC_NEVER. */
rtc_usec rtc_ice_gather_deadline(const struct rtc_ice_gather *g);
void rtc_ice_gather_tick(struct rtc_ice_gather *g, rtc_usec now);

/* Whether every transaction was answered or failed. */
bool rtc_ice_gather_is_done(const struct rtc_ice_gather *g);
/* A server that failed for every socket it was asked for, once each; `code` of
 * its error response, 0 when it was silent. False: there is none. */
bool rtc_ice_gather_poll_failure(struct rtc_ice_gather *g,
                                 struct rtc_addr *ret_server,
                                 unsigned *ret_code);
