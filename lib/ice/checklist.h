/* SPDX-License-Identifier: MIT
 * The candidates of both sides and their pairs (RFC 8445 6.1.2): forming,
 * pruning, ordering, finding. Pairs stay in their slot until removed, so an
 * index stays good. With one component of one stream there is nothing to
 * freeze: pairs begin as Waiting. */
#pragma once

#include "ice/candidate.h"
#include "stun/transaction.h"

/* Caps on what the remote can make us keep. */
#define RTC_ICE_LOCAL_MOST 24
#define RTC_ICE_REMOTE_MOST 20
#define RTC_ICE_PAIR_MOST 100

enum rtc_ice_pair_state {
    RTC_ICE_PAIR_FREE, /* an unused slot */
    RTC_ICE_PAIR_WAITING,
    RTC_ICE_PAIR_CHECKING, /* RFC 8445's In-Progress */
    RTC_ICE_PAIR_SUCCEEDED,
    RTC_ICE_PAIR_FAILED,
};

struct rtc_ice_pair {
    uint64_t priority;
    struct rtc_stun_transaction check;
    rtc_usec last_sent_at;
    rtc_usec answered_at; /* the last time the remote answered */
    rtc_usec rtt_us;      /* -1 unknown */
    uint8_t local, remote;
    uint8_t valid_local; /* what the remote saw us as: may be peer-reflexive */
    uint8_t state;       /* enum rtc_ice_pair_state */
    bool triggered;      /* goes first, without pacing */
    bool valid;          /* a check was answered and none failed since */
    bool nominating;     /* the check under way carries USE-CANDIDATE */
    bool sent_controlling; /* its role, so that a late 487 is known */
    bool heard;            /* the remote has checked it */
    bool asked_plain;      /* the remote has checked it without USE-CANDIDATE */
    bool wanted;           /* the remote nominated it before it was valid */
    bool late;             /* the remote checks it after all were done */
};

struct rtc_ice_checklist {
    struct rtc_ice_local locals[RTC_ICE_LOCAL_MOST];
    struct rtc_ice_remote remotes[RTC_ICE_REMOTE_MOST];
    struct rtc_ice_pair pairs[RTC_ICE_PAIR_MOST];
    unsigned local_count, remote_count; /* slots in use, locals with gaps */
    unsigned pair_count;                /* slots in use, with gaps */
    bool controlling;
};

/* An index, or -1. */
int rtc_checklist_find_local(const struct rtc_ice_checklist *list,
                             const struct rtc_addr *addr,
                             const struct rtc_addr *base,
                             enum rtc_transport transport);
/* The candidate to which what comes in at `base` belongs: host or relay before
 * reflexive. */
int rtc_checklist_find_base(const struct rtc_ice_checklist *list,
                            const struct rtc_addr *base,
                            enum rtc_transport transport);
int rtc_checklist_find_remote(const struct rtc_ice_checklist *list,
                              const struct rtc_addr *addr,
                              enum rtc_transport transport);
int rtc_checklist_find_path(const struct rtc_ice_checklist *list,
                            const struct rtc_path *path);

/* Copy in; the index, or RTC_ERR_NOMEM at the cap. There a remote candidate
 * takes the place of the peer-reflexive one that answered least recently, with
 * its pairs, other than the one of pair `keep` (or -1); a peer-reflexive one,
 * which exists, else that of one that never answered. */
int rtc_checklist_add_local(struct rtc_ice_checklist *list,
                            const struct rtc_ice_local *local);
int rtc_checklist_add_remote(struct rtc_ice_checklist *list,
                             const struct rtc_ice_remote *remote, int keep);
/* Drops the candidates on `base` with their pairs. */
void rtc_checklist_remove_base(struct rtc_ice_checklist *list,
                               const struct rtc_addr *base);

/* Pairs the two. A pair with the same base and remote is kept instead, under
 * the better local candidate (RFC 8445 6.1.2.4). At the cap the worst unproven
 * pair gives way if it is worse. The index, or -1. */
int rtc_checklist_pair(struct rtc_ice_checklist *list, unsigned local,
                       unsigned remote);
/* Pairs a local or remote candidate with all that fit; how many are new. */
unsigned rtc_checklist_pair_local(struct rtc_ice_checklist *list,
                                  unsigned local);
unsigned rtc_checklist_pair_remote(struct rtc_ice_checklist *list,
                                   unsigned remote);
/* Forgets remote candidates and pairs. */
void rtc_checklist_clear_remotes(struct rtc_ice_checklist *list);

/* The role decides priorities (RFC 8445 6.1.2.3). */
void rtc_checklist_set_role(struct rtc_ice_checklist *list, bool controlling);
/* After a candidate's priority changed. */
void rtc_checklist_reorder(struct rtc_ice_checklist *list);

/* The pair to check next: triggered ones first, then by priority; or -1. */
int rtc_checklist_pick(const struct rtc_ice_checklist *list,
                       bool triggered_only);
/* The valid pair of the highest priority, or -1. */
int rtc_checklist_best_valid(const struct rtc_ice_checklist *list);
/* Pairs Waiting or under check, of more than `priority`. */
unsigned rtc_checklist_unsettled(const struct rtc_ice_checklist *list,
                                 uint64_t priority);
struct rtc_path rtc_checklist_path(const struct rtc_ice_checklist *list,
                                   unsigned pair);
/* Are two pairs alike in transport and types, so that moving from one to the
 * other gains nothing. Reflexive is reflexive, however learnt. */
bool rtc_checklist_same_kind(const struct rtc_ice_checklist *list, unsigned a,
                             unsigned b);
