/* SPDX-License-Identifier: MIT
 * The allocation (RFC 8656 7, 8): made, refreshed, made sure of when the server
 * is silent, made anew when it is lost, given back. An Allocate request begins
 * without credentials, so that a server that was restarted, or another one,
 * says its own realm and nonce. */
#include "base/addr.h"
#include "base/clock.h"
#include "turn/machine.h"

#include <string.h>

#define TRANSPORT_UDP ((uint32_t)17 << 24)
#define FAMILY_4 ((uint32_t)1 << 24)
#define FAMILY_6 ((uint32_t)2 << 24)

/* Its number in coturn as Debian 12 has it (4.6.1). */
#define ADDITIONAL_ADDRESS_FAMILY_OLD ((enum rtc_stun_attribute)0x8032)

/* RFC 8656 7.2: what a server gives that does not say. */
#define LIFETIME_DEFAULT 600u
/* Less is refreshed too often, more is not worth believing. */
#define LIFETIME_LEAST 2u
#define LIFETIME_MOST 86400u

#define ALTERNATE_MOST 3
/* How often the server may say that our address has an allocation, which we do
 * not know of or that it does not let us have back. */
#define MISMATCH_MOST 1
#define MISMATCH_MOST_LATER 4
#define MISMATCH_PAUSE (500 * RTC_MS)
/* Between allocations that do not last. */
#define ALLOCATE_PAUSE RTC_SEC
/* Unheard data makes us ask after this long, up to PROBE_WAIT_MOST while the
 * server answers and the peers do not. */
#define PROBE_WAIT RTC_SEC
#define PROBE_WAIT_MOST (5 * RTC_SEC)
/* A Refresh that was not answered while data came. */
#define REFRESH_AGAIN (5 * RTC_SEC)

static bool is_refreshing(const struct rtc_turn_client *client)
{
    return client->requests[0].method == RTC_STUN_REFRESH;
}

static void fail(struct rtc_turn_client *client, unsigned code)
{
    client->error_code = code;
    rtc_turn_set_state(client, RTC_TURN_FAILED);
}

static rtc_usec probe_at(const struct rtc_turn_client *client)
{
    return rtc_after(client->unheard_at, client->probe_wait_us);
}

void rtc_turn_allocation_start_due(struct rtc_turn_client *client, rtc_usec now)
{
    if (client->state == RTC_TURN_ALLOCATED && now >= client->expires_at)
        rtc_turn_allocation_lost(client, now);
    if (rtc_turn_is_open(client, 0))
        return;
    if (client->state == RTC_TURN_ALLOCATING && now >= client->allocate_at) {
        client->has_key = false;
        rtc_turn_start(client, 0, RTC_STUN_ALLOCATE, now);
    } else if (client->state == RTC_TURN_ALLOCATED &&
               (now >= client->refresh_at || now >= probe_at(client))) {
        rtc_turn_start(client, 0, RTC_STUN_REFRESH, now);
    }
}

rtc_usec rtc_turn_allocation_deadline(const struct rtc_turn_client *client)
{
    bool open = rtc_turn_is_open(client, 0);
    rtc_usec at;

    if (client->state == RTC_TURN_ALLOCATING)
        return open ? RTC_NEVER : client->allocate_at;
    if (client->state != RTC_TURN_ALLOCATED)
        return RTC_NEVER;
    at = open ? RTC_NEVER : rtc_min_time(client->refresh_at, probe_at(client));
    return rtc_min_time(at, client->expires_at);
}

void rtc_turn_allocation_write(const struct rtc_turn_client *client,
                               struct rtc_writer *w)
{
    if (is_refreshing(client)) {
        if (client->state == RTC_TURN_RELEASING)
            rtc_stun_write_u32(w, RTC_STUN_LIFETIME, 0);
        return;
    }
    rtc_stun_write_u32(w, RTC_STUN_REQUESTED_TRANSPORT, TRANSPORT_UDP);
    /* RFC 8656 18.11: only IPv6 can be additional. A server knows one number of
     * the attribute and skips the other. */
    if (client->want == RTC_TURN_WANT_BOTH) {
        rtc_stun_write_u32(w, RTC_STUN_ADDITIONAL_ADDRESS_FAMILY, FAMILY_6);
        rtc_stun_write_u32(w, ADDITIONAL_ADDRESS_FAMILY_OLD, FAMILY_6);
    } else if (client->want == RTC_TURN_WANT_6) {
        rtc_stun_write_u32(w, RTC_STUN_REQUESTED_ADDRESS_FAMILY, FAMILY_6);
    }
}

/* Half of it leaves time to ask again. */
static void take_lifetime(struct rtc_turn_client *client,
                          const struct rtc_stun *m, rtc_usec now)
{
    uint32_t lifetime = m->has_lifetime ? m->lifetime : LIFETIME_DEFAULT;

    if (lifetime < LIFETIME_LEAST)
        lifetime = LIFETIME_LEAST;
    if (lifetime > LIFETIME_MOST)
        lifetime = LIFETIME_MOST;
    client->expires_at = now + lifetime * RTC_SEC;
    client->refresh_at = now + lifetime * RTC_SEC / 2;
}

static void begin_use(struct rtc_turn_client *client, rtc_usec now)
{
    client->allocated_at = now;
    client->allocate_at = RTC_NEVER;
    client->unheard_at = RTC_NEVER;
    client->probe_wait_us = PROBE_WAIT;
    client->mismatch_count = client->alternate_count = 0;
    rtc_turn_permissions_reset(client, now);
    rtc_turn_channels_reset(client, now);
    rtc_turn_set_state(client, RTC_TURN_ALLOCATED);
}

static bool is_usable(const struct rtc_addr *addr)
{
    return addr->family && addr->port && !rtc_addr_is_any(addr);
}

/* coturn gives 0.0.0.0:0 for the family it does not have. */
static bool take_relayed(struct rtc_turn_client *client,
                         const struct rtc_addr *first,
                         const struct rtc_addr *second)
{
    static const struct rtc_addr none;

    if (!is_usable(first)) {
        first = second;
        second = &none;
    }
    if (!is_usable(first))
        return false;
    if (!is_usable(second) || second->family == first->family)
        second = &none;
    client->relayed[0] = second->family == 4 ? *second : *first;
    client->relayed[1] = second->family == 4 ? *first : *second;
    return true;
}

static bool take_allocation(struct rtc_turn_client *client,
                            const struct rtc_stun *m, rtc_usec now)
{
    if (!take_relayed(client, &m->relayed, &m->relayed_second))
        return false;
    client->mapped = m->mapped;
    client->generation++;
    take_lifetime(client, m, now);
    begin_use(client, now);
    return true;
}

bool rtc_turn_allocation_granted(struct rtc_turn_client *client,
                                 const struct rtc_stun *m, rtc_usec now)
{
    if (m->method == RTC_STUN_ALLOCATE)
        return take_allocation(client, m, now);
    if (client->state == RTC_TURN_RELEASING) {
        rtc_turn_set_state(client, RTC_TURN_RELEASED);
    } else if (m->has_lifetime && m->lifetime == 0) {
        rtc_turn_allocation_lost(client, now);
    } else {
        take_lifetime(client, m, now);
        client->probe_wait_us =
            rtc_min_time(2 * client->probe_wait_us, PROBE_WAIT_MOST);
        if (client->state == RTC_TURN_ALLOCATING) /* it was there after all */
            begin_use(client, now);
    }
    return true;
}

/* Our address has an allocation: perhaps it is the one we gave up for lost. */
static void mismatched(struct rtc_turn_client *client, rtc_usec now)
{
    unsigned most = client->generation ? MISMATCH_MOST_LATER : MISMATCH_MOST;

    if (++client->mismatch_count > most) {
        fail(client, 437);
    } else if (client->generation) {
        rtc_turn_start(client, 0, RTC_STUN_REFRESH, now);
    } else {
        client->allocate_at = now + MISMATCH_PAUSE;
    }
}

/* Over a stream the owner has to connect to it. */
static void redirected(struct rtc_turn_client *client, rtc_usec now)
{
    struct rtc_addr *to = &client->alternate;
    char text[RTC_ADDR_TEXT];

    if (client->path.transport != RTC_UDP || !is_usable(to) ||
        to->family != client->path.remote.family ||
        client->alternate_count == ALTERNATE_MOST) {
        fail(client, 300);
        return;
    }
    client->alternate_count++;
    to->scope = client->path.remote.scope;
    client->path.remote = *to;
    *to = (struct rtc_addr){0};
    client->allocate_at = now;
    rtc_log(client->log, RTC_LOG_INFO, "turn.alternate server=%s",
            rtc_log_addr(client->log, &client->path.remote, text));
}

static void allocate_refused(struct rtc_turn_client *client, unsigned code,
                             rtc_usec now)
{
    if (code == 437) {
        mismatched(client, now);
    } else if (code == 300) {
        redirected(client, now);
    } else if (code == 440 && !client->family &&
               client->want != RTC_TURN_WANT_6) {
        client->want++;
        client->allocate_at = now;
    } else {
        fail(client, code);
    }
}

void rtc_turn_allocation_refused(struct rtc_turn_client *client, unsigned code,
                                 rtc_usec now)
{
    if (client->state == RTC_TURN_RELEASING) {
        rtc_turn_set_state(client, RTC_TURN_RELEASED);
    } else if (client->state == RTC_TURN_ALLOCATED) {
        rtc_turn_allocation_lost(client, now);
    } else if (is_refreshing(client)) {
        client->allocate_at = now + ALLOCATE_PAUSE;
    } else {
        allocate_refused(client, code, now);
    }
}

void rtc_turn_allocation_silent(struct rtc_turn_client *client, rtc_usec now)
{
    rtc_usec asked_at = client->requests[0].transaction.first_sent_at;

    if (client->state == RTC_TURN_RELEASING)
        rtc_turn_set_state(client, RTC_TURN_RELEASED);
    else if (!client->generation)
        fail(client, 0);
    else if (client->state == RTC_TURN_ALLOCATING)
        client->allocate_at = now;
    else if (client->data_at > asked_at)
        client->refresh_at = now + REFRESH_AGAIN;
    else
        rtc_turn_allocation_lost(client, now);
}

void rtc_turn_allocation_lost(struct rtc_turn_client *client, rtc_usec now)
{
    if (client->state != RTC_TURN_ALLOCATED)
        return;
    for (unsigned slot = 0; slot < RTC_TURN_SLOT_COUNT; slot++)
        rtc_turn_stop(client, slot);
    client->allocate_at =
        rtc_max_time(now, client->allocated_at + ALLOCATE_PAUSE);
    client->refresh_at = client->expires_at = RTC_NEVER;
    client->unheard_at = RTC_NEVER;
    rtc_turn_set_state(client, RTC_TURN_ALLOCATING);
}

void rtc_turn_allocation_doubt(struct rtc_turn_client *client, rtc_usec now)
{
    client->refresh_at = rtc_min_time(client->refresh_at, now);
}

void rtc_turn_heard(struct rtc_turn_client *client, bool data, rtc_usec now)
{
    client->unheard_at = RTC_NEVER;
    if (data) {
        client->data_at = now;
        client->probe_wait_us = PROBE_WAIT;
    }
}

/* Without an answer yet there may be an allocation, too. */
void rtc_turn_release(struct rtc_turn_client *client, rtc_usec now)
{
    const struct rtc_turn_request *request = &client->requests[0];
    bool may_exist =
        client->state == RTC_TURN_ALLOCATED ||
        (client->state == RTC_TURN_ALLOCATING && request->transaction.open &&
         request->is_signed && request->transaction.sent_count > 0);

    if (client->state >= RTC_TURN_RELEASING)
        return;
    if (!may_exist) {
        rtc_turn_set_state(client, RTC_TURN_RELEASED);
        return;
    }
    for (unsigned slot = 0; slot < RTC_TURN_SLOT_COUNT; slot++)
        rtc_turn_stop(client, slot);
    rtc_turn_set_state(client, RTC_TURN_RELEASING);
    rtc_turn_start(client, 0, RTC_STUN_REFRESH, now);
}
