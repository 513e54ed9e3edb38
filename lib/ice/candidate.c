/* SPDX-License-Identifier: MIT
 * Candidates by themselves: what they are worth (RFC 8445 5.1.2), which share
 * a foundation (5.1.1.3), which may be paired (6.1.2.2, RFC 6544 6.2). */
#include "ice/candidate.h"

#include "base/addr.h"
#include "base/clock.h"
#include "base/hash.h"

#include <stdio.h>
#include <string.h>

/* RFC 8445 5.1.2.2's recommendations. */
static uint32_t type_preference(enum rtc_candidate_type type)
{
    switch (type) {
    case RTC_CANDIDATE_HOST:
        return 126;
    case RTC_CANDIDATE_PRFLX:
        return 110;
    case RTC_CANDIDATE_SRFLX:
        return 100;
    case RTC_CANDIDATE_RELAY:
        break;
    }
    return 0;
}

uint32_t rtc_candidate_priority(enum rtc_candidate_type type,
                                uint16_t local_preference)
{
    const uint32_t component = 1;

    return type_preference(type) << 24 | (uint32_t)local_preference << 8 |
           (256 - component);
}

uint64_t rtc_pair_priority(uint32_t controlling, uint32_t controlled)
{
    uint32_t low = controlling < controlled ? controlling : controlled;
    uint32_t high = controlling < controlled ? controlled : controlling;

    return ((uint64_t)low << 32) + 2 * (uint64_t)high +
           (controlling > controlled);
}

/* Upper three bits by transport: UDP above any TCP, and of TCP the direction
 * preference (RFC 6544 4.2). */
static unsigned transport_preference(enum rtc_transport transport,
                                     enum rtc_tcptype tcptype)
{
    if (transport == RTC_UDP)
        return 7;
    switch (tcptype) {
    case RTC_TCPTYPE_ACTIVE:
        return 6;
    case RTC_TCPTYPE_PASSIVE:
        return 4;
    case RTC_TCPTYPE_SO:
        return 2;
    case RTC_TCPTYPE_NONE:
        break;
    }
    return transport == RTC_TCP ? 1 : 0;
}

/* The interface, and below it the family: IPv6 a little above IPv4 (RFC 8421
 * 4), so that candidates of both alternate. Link-local ones come last. */
static uint16_t local_preference(const struct rtc_addr *base,
                                 unsigned transport, uint8_t preference)
{
    unsigned family = base->family == 6 ? 2 : 1;

    if (rtc_addr_is_link_local(base))
        family = 0;
    return (uint16_t)(transport << 13 | (unsigned)preference << 4 | family);
}

/* Equal for equal type, base IP, transport and server (RFC 8445 5.1.1.3). */
static void make_foundation(struct rtc_candidate *c,
                            const struct rtc_addr *server,
                            enum rtc_transport server_transport)
{
    char base[RTC_ADDR_TEXT], at[RTC_ADDR_TEXT] = "";
    char text[2 * RTC_ADDR_TEXT + 16];
    int len;

    rtc_addr_write_ip(&c->base, base);
    if (server)
        rtc_addr_write_ip(server, at);
    len = snprintf(text, sizeof text, "%d %d %d %s %s", (int)c->type,
                   (int)c->transport, (int)server_transport, base, at);
    snprintf(c->foundation, sizeof c->foundation, "%u",
             (unsigned)rtc_crc32(text, (size_t)len));
}

void rtc_candidate_make_host(struct rtc_candidate *ret_candidate,
                             const struct rtc_addr *base,
                             enum rtc_transport transport,
                             enum rtc_tcptype tcptype, uint8_t preference)
{
    struct rtc_candidate c = {.type = RTC_CANDIDATE_HOST,
                              .transport = transport,
                              .tcptype = tcptype,
                              .component = 1,
                              .addr = *base,
                              .base = *base};
    unsigned by_transport = transport_preference(transport, tcptype);

    c.priority = rtc_candidate_priority(
        c.type, local_preference(base, by_transport, preference));
    make_foundation(&c, NULL, RTC_UDP);
    *ret_candidate = c;
}

void rtc_candidate_make_srflx(struct rtc_candidate *ret_candidate,
                              const struct rtc_addr *addr,
                              const struct rtc_addr *base,
                              const struct rtc_addr *server, uint8_t preference)
{
    struct rtc_candidate c = {.type = RTC_CANDIDATE_SRFLX,
                              .transport = RTC_UDP,
                              .component = 1,
                              .addr = *addr,
                              .base = *base,
                              .related = *base};
    unsigned by_transport = transport_preference(RTC_UDP, RTC_TCPTYPE_NONE);

    c.priority = rtc_candidate_priority(
        c.type, local_preference(base, by_transport, preference));
    make_foundation(&c, server, RTC_UDP);
    *ret_candidate = c;
}

void rtc_candidate_make_relay(struct rtc_candidate *ret_candidate,
                              const struct rtc_relay_source *source,
                              uint8_t preference)
{
    struct rtc_candidate c = {.type = RTC_CANDIDATE_RELAY,
                              .transport = RTC_UDP,
                              .component = 1,
                              .addr = source->relayed,
                              .base = source->relayed,
                              .related = source->mapped};
    unsigned by_transport = source->transport == RTC_UDP   ? 7
                            : source->transport == RTC_TCP ? 3
                                                           : 1;

    /* A relay that translates between the families is liked less. */
    if (source->server.family != source->relayed.family)
        by_transport--;

    c.priority = rtc_candidate_priority(
        c.type, local_preference(&c.base, by_transport, preference));
    make_foundation(&c, &source->server, source->transport);
    *ret_candidate = c;
}

uint32_t rtc_ice_local_prflx_priority(const struct rtc_ice_local *local)
{
    return rtc_candidate_priority(RTC_CANDIDATE_PRFLX,
                                  (uint16_t)(local->priority >> 8));
}

/* RFC 6544 6.2: who connects to whom. A passive candidate only gets pairs from
 * the checks that come in. */
static bool tcptypes_fit(uint8_t local, uint8_t remote)
{
    return (local == RTC_TCPTYPE_ACTIVE && remote == RTC_TCPTYPE_PASSIVE) ||
           (local == RTC_TCPTYPE_SO && remote == RTC_TCPTYPE_SO);
}

bool rtc_ice_can_pair(const struct rtc_ice_local *local,
                      const struct rtc_ice_remote *remote)
{
    if (local->transport != remote->transport ||
        local->base.family != remote->addr.family)
        return false;
    if (local->transport != RTC_UDP &&
        !tcptypes_fit(local->tcptype, remote->tcptype))
        return false;
    /* RFC 8445 6.1.2.2 for IPv6; for IPv4 it is no different. */
    return rtc_addr_is_link_local(&local->base) ==
           rtc_addr_is_link_local(&remote->addr);
}

bool rtc_ice_remote_is_at(const struct rtc_ice_remote *remote,
                          const struct rtc_addr *addr)
{
    struct rtc_addr at = *addr;

    if (!remote->addr.scope)
        at.scope = 0;
    return rtc_addr_equal(&remote->addr, &at);
}

struct rtc_path rtc_ice_path(const struct rtc_ice_local *local,
                             const struct rtc_ice_remote *remote)
{
    struct rtc_path path = {.local = local->base,
                            .remote = remote->addr,
                            .transport = (enum rtc_transport)local->transport};

    if (rtc_addr_is_link_local(&path.remote) && path.remote.family == 6)
        path.remote.scope = local->base.scope;
    return path;
}
