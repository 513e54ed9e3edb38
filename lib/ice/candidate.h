/* SPDX-License-Identifier: MIT
 * Candidates: priority (RFC 8445 5.1.2, RFC 8421, RFC 6544 4.2), foundation
 * (5.1.1.3), and which may be paired (6.1.2.2). Inside the agent they are kept
 * without the texts of struct rtc_candidate. */
#pragma once

#include "rtc.h"

/* A candidate of ours on the socket at `base` with priority and foundation
 * filled in. `preference` 0..255: of several interfaces, higher is liked more
 * (below the address family: IPv6 and IPv4 alternate, RFC 8421 4). */
void rtc_candidate_make_host(struct rtc_candidate *ret_candidate,
                             const struct rtc_addr *base,
                             enum rtc_transport transport,
                             enum rtc_tcptype tcptype, uint8_t preference);
/* `addr` as the STUN server at `server` sees the socket at `base`. */
void rtc_candidate_make_srflx(struct rtc_candidate *ret_candidate,
                              const struct rtc_addr *addr,
                              const struct rtc_addr *base,
                              const struct rtc_addr *server,
                              uint8_t preference);
/* `relayed` on the TURN server at `server`, which sees us as `mapped` and is
 * spoken to over `transport`: UDP is liked more than TCP, TCP than TLS; and a
 * server that translates between IPv4 and IPv6 less than one that does not. */
struct rtc_relay_source {
    struct rtc_addr relayed, mapped, server;
    enum rtc_transport transport;
};
void rtc_candidate_make_relay(struct rtc_candidate *ret_candidate,
                              const struct rtc_relay_source *source,
                              uint8_t preference);

/* RFC 8445 5.1.2.1, for component 1. */
uint32_t rtc_candidate_priority(enum rtc_candidate_type type,
                                uint16_t local_preference);
/* RFC 8445 6.1.2.3. */
uint64_t rtc_pair_priority(uint32_t controlling, uint32_t controlled);

/* What the agent keeps of a candidate. */
struct rtc_ice_local {
    struct rtc_addr addr, base, related;
    uint32_t priority;
    uint8_t type, transport, tcptype; /* the public enums */
    bool used;
    char foundation[RTC_FOUNDATION_MAX + 1];
};
struct rtc_ice_remote {
    struct rtc_addr addr;
    uint32_t priority;
    uint8_t type, transport, tcptype;
};

/* Reflexive PRIORITY a check from this candidate offers (RFC 8445 7.1.1). */
uint32_t rtc_ice_local_prflx_priority(const struct rtc_ice_local *local);
/* May a check go from the first to the second. */
bool rtc_ice_can_pair(const struct rtc_ice_local *local,
                      const struct rtc_ice_remote *remote);
/* Is `remote` at `addr`; a link-local address told without its zone matches in
 * any zone. */
bool rtc_ice_remote_is_at(const struct rtc_ice_remote *remote,
                          const struct rtc_addr *addr);
/* The path of a pair of the two, the zone of a link-local address filled in. */
struct rtc_path rtc_ice_path(const struct rtc_ice_local *local,
                             const struct rtc_ice_remote *remote);
