/* SPDX-License-Identifier: MIT
 * An ICE agent for one component (RFC 8445, trickle RFC 8838, consent RFC
 * 7675, patience RFC 8863), full or lite. It makes and answers checks and says
 * over which pair to send. TURN lies beneath: a relay candidate is one whose
 * base is the relayed address. Call transmit until 0 and poll until false
 * after any change; after that the deadline lies ahead. */
#pragma once

#include "base/log.h"
#include "base/random.h"
#include "ice/candidate.h"
#include "rtc.h"

struct rtc_ice_agent;

struct rtc_ice_config {
    struct rtc_ice_timing timing;
    bool lite;                 /* answers checks, makes none */
    bool controlling;          /* the offerer is; a lite agent is not */
    struct rtc_random random;  /* required */
    const struct rtc_log *log; /* or NULL; borrowed as long as the agent */
};

/* The defaults of the times. */
void rtc_ice_timing_init(struct rtc_ice_timing *timing);

/* A new agent with random credentials (8 and 24 characters: 48 and 144 bits).
 * Copies `config`. 0 or RTC_ERR_NOMEM. */
int rtc_ice_new(struct rtc_ice_agent **ret_agent,
                const struct rtc_ice_config *config);
void rtc_ice_free(struct rtc_ice_agent *agent);

/* Copies credentials to use in place of the random ones, before they are told
 * to the remote. RTC_ERR_ARG: not 4..256 and 22..256 ice-chars (RFC 8839 5.4).
 */
int rtc_ice_set_local_credentials(struct rtc_ice_agent *agent,
                                  const char *ufrag, const char *pwd);
/* Lent until they are changed or a restart. */
const char *rtc_ice_local_ufrag(const struct rtc_ice_agent *agent);
const char *rtc_ice_local_pwd(const struct rtc_ice_agent *agent);
/* The remote's; "" when not known. Lent. */
const char *rtc_ice_remote_ufrag(const struct rtc_ice_agent *agent);
const char *rtc_ice_remote_pwd(const struct rtc_ice_agent *agent);

/* What the remote said of itself (copied); checks begin. The same ones again
 * change nothing. RTC_ERR_ARG as above; RTC_ERR_STATE: other ones without a
 * restart; RTC_ERR_UNSUPPORTED: both sides are lite, so none would check. */
int rtc_ice_set_remote(struct rtc_ice_agent *agent, const char *ufrag,
                       const char *pwd, bool remote_lite, rtc_usec now);
bool rtc_ice_has_remote(const struct rtc_ice_agent *agent);

/* Forgets the remote's credentials and candidates and makes new local
 * credentials (RFC 8445 9). Local candidates stay. The selected pair goes on,
 * with consent and all, until the new checks find one; if they find none, it
 * stays. RTC_ERR_STATE once closed, RTC_ERR_NOMEM. */
int rtc_ice_restart(struct rtc_ice_agent *agent, rtc_usec now);
/* After a restart: the remote is still at the candidates it had before. */
void rtc_ice_keep_remotes(struct rtc_ice_agent *agent, rtc_usec now);
/* Back to how it was before a restart that has no pair yet, else
 * RTC_ERR_STATE. */
int rtc_ice_cancel_restart(struct rtc_ice_agent *agent, rtc_usec now);
bool rtc_ice_is_restarting(const struct rtc_ice_agent *agent);

/* Roles can also change by themselves when both sides claim one (487). */
void rtc_ice_set_controlling(struct rtc_ice_agent *agent, bool controlling);
bool rtc_ice_is_controlling(const struct rtc_ice_agent *agent);
/* The new times hold at once, also for checks under way. */
void rtc_ice_set_timing(struct rtc_ice_agent *agent,
                        const struct rtc_ice_timing *timing, rtc_usec now);

/* Copies one of our candidates; `addr`, `base`, `type`, `transport` and
 * `priority` count. The same one again changes nothing. RTC_ERR_ARG: no
 * address; RTC_ERR_NOMEM: the cap is reached; RTC_ERR_STATE: closed. */
int rtc_ice_add_local(struct rtc_ice_agent *agent,
                      const struct rtc_candidate *candidate, rtc_usec now);
/* The socket at `base` is gone, with every candidate on it. If the selected
 * pair used it, another valid one is selected at once. */
void rtc_ice_remove_local(struct rtc_ice_agent *agent,
                          const struct rtc_addr *base, rtc_usec now);
/* Copies a candidate of the remote; may be called at any time. Quietly ignored:
 * without an address (mDNS, not resolved), of a component other than 1.
 * RTC_ERR_NOMEM: the cap is reached; RTC_ERR_STATE: closed. */
int rtc_ice_add_remote(struct rtc_ice_agent *agent,
                       const struct rtc_candidate *candidate, rtc_usec now);
/* The local candidates 0, 1, ... with type PRFLX left out (those are never
 * told to the remote). False: there are no more. */
bool rtc_ice_local(const struct rtc_ice_agent *agent, unsigned index,
                   struct rtc_candidate *ret_candidate);

/* The remote candidates 0, 1, ...: `addr`, `transport`, `type` and `priority`
 * are set. False: there are no more. */
bool rtc_ice_remote(const struct rtc_ice_agent *agent, unsigned index,
                    struct rtc_candidate *ret_candidate);

/* Is the datagram for this agent: from a path it knows, or a STUN request with
 * its ufrag and a right MESSAGE-INTEGRITY. */
bool rtc_ice_accepts(const struct rtc_ice_agent *agent,
                     const struct rtc_path *path, const uint8_t *data,
                     size_t len);
/* May a datagram that is not STUN come this way: a check was answered on it by
 * us or by the remote. Cheap for the selected pair. */
bool rtc_ice_knows_path(const struct rtc_ice_agent *agent,
                        const struct rtc_path *path);
/* Takes in a STUN message; borrows `data`. True: it belonged to this agent and
 * was right; false: dropped. */
bool rtc_ice_receive(struct rtc_ice_agent *agent, const struct rtc_path *path,
                     const uint8_t *data, size_t len, rtc_usec now);
/* The next STUN message due, at most RTC_ICE_MESSAGE_MOST bytes. Its length, 0
 * when there is none, or RTC_ERR_NOBUF. */
#define RTC_ICE_MESSAGE_MOST 800
int rtc_ice_transmit(struct rtc_ice_agent *agent, uint8_t *buf, size_t cap,
                     struct rtc_path *ret_path, rtc_usec now);

enum rtc_ice_event_type {
    RTC_ICE_EVENT_STATE,
    RTC_ICE_EVENT_PAIR, /* datagrams go over another path now */
};

struct rtc_ice_event {
    enum rtc_ice_event_type type;
    enum rtc_ice_state state;
    struct rtc_path path; /* PAIR */
    enum rtc_candidate_type local_type, remote_type;
};

bool rtc_ice_poll(struct rtc_ice_agent *agent, struct rtc_ice_event *ret_event);
/* When to call tick at the latest, or RTC_NEVER. */
rtc_usec rtc_ice_deadline(const struct rtc_ice_agent *agent);
void rtc_ice_tick(struct rtc_ice_agent *agent, rtc_usec now);

enum rtc_ice_state rtc_ice_state(const struct rtc_ice_agent *agent);
/* Where to send, from the first pair that works on: the nominated one, before
 * that the best valid one. NULL when there is none. Lends. */
const struct rtc_path *rtc_ice_selected(const struct rtc_ice_agent *agent);
/* Types of the selected pair's ends; false when there is none. */
bool rtc_ice_selected_types(const struct rtc_ice_agent *agent,
                            enum rtc_candidate_type *ret_local,
                            enum rtc_candidate_type *ret_remote);
/* Of the selected pair; -1 while it is unknown. */
rtc_usec rtc_ice_rtt_us(const struct rtc_ice_agent *agent);

/* Why the state is FAILED: a pair was lost (consent), or none was found. */
bool rtc_ice_was_connected(const struct rtc_ice_agent *agent);
/* Nothing is sent or answered from here on. */
void rtc_ice_close(struct rtc_ice_agent *agent);
