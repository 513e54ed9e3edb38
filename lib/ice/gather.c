/* SPDX-License-Identifier: MIT
 * Gathering by STUN (RFC 8445 5.1.1.2, pacing 14; RFC 8489 6; ALTERNATE-SERVER
 * 10). Requests are plain ones: servers of this use ask for no credentials.
 * Until a pair works, bindings are refreshed by further requests (RFC 8445
 * 5.1.1.4). Relays are the turn folder's. */
#include "ice/gather.h"

#include "base/addr.h"
#include "base/clock.h"
#include "ice/candidate.h"
#include "stun/auth.h"

#include <assert.h>
#include <string.h>

enum phase {
    QUEUED, /* waits for its turn */
    ASKING,
    BOUND,
    REFRESHING, /* asks again to keep the binding */
    FAILED,
    TOLD, /* failed, and polled */
};

void rtc_ice_gather_timing_init(struct rtc_ice_gather_timing *timing)
{
    *timing = (struct rtc_ice_gather_timing){
        .pacing_us = 50 * RTC_MS,
        .retry = {.rto_us = 250 * RTC_MS,
                  .rto_max_us = 2 * RTC_SEC,
                  .send_count = 7},
        .limit_us = RTC_NEVER,
        .keepalive_us = 15 * RTC_SEC /* RFC 8445 11: Tr */};
}

void rtc_ice_gather_init(struct rtc_ice_gather *g,
                         const struct rtc_ice_gather_timing *timing,
                         const struct rtc_random *random)
{
    memset(g, 0, sizeof *g);
    g->timing = *timing;
    g->random = *random;
    g->due_at = RTC_NEVER;
}

void rtc_ice_gather_done(struct rtc_ice_gather *g)
{
    if (!g)
        return;
    g->count = 0;
    g->due_at = RTC_NEVER;
}

/* ---- times --------------------------------------------------------------- */

static bool is_open(const struct rtc_ice_gather_entry *e)
{
    return e->phase == ASKING || e->phase == REFRESHING;
}

static rtc_usec entry_due(const struct rtc_ice_gather *g,
                          const struct rtc_ice_gather_entry *e)
{
    switch ((enum phase)e->phase) {
    case QUEUED:
        return rtc_min_time(g->next_start_at, e->end_at);
    case ASKING:
        return rtc_min_time(rtc_stun_transaction_due(&e->transaction),
                            e->end_at);
    case BOUND:
        return rtc_max_time(e->keep_at, g->next_start_at);
    case REFRESHING:
        return rtc_stun_transaction_due(&e->transaction);
    case FAILED:
    case TOLD:
        break;
    }
    return RTC_NEVER;
}

static void settle(struct rtc_ice_gather *g)
{
    g->due_at = RTC_NEVER;
    for (unsigned i = 0; i < g->count; i++)
        g->due_at = rtc_min_time(g->due_at, entry_due(g, &g->entries[i]));
}

rtc_usec rtc_ice_gather_deadline(const struct rtc_ice_gather *g)
{
    return g->due_at;
}

static void bind(const struct rtc_ice_gather *g, struct rtc_ice_gather_entry *e,
                 rtc_usec now)
{
    e->phase = BOUND;
    /* Without a NAT between there is nothing to keep. */
    e->keep_at = e->keep && !rtc_addr_equal(&e->mapped, &e->base)
                     ? rtc_after(now, g->timing.keepalive_us)
                     : RTC_NEVER;
}

static void fail(struct rtc_ice_gather_entry *e, unsigned code)
{
    e->phase = FAILED;
    e->code = (uint16_t)code;
}

static void expire(struct rtc_ice_gather *g, struct rtc_ice_gather_entry *e,
                   rtc_usec now)
{
    bool given_up = is_open(e) &&
                    rtc_stun_transaction_step(&e->transaction, &g->timing.retry,
                                              now) == RTC_STUN_GIVE_UP;

    if (e->phase == REFRESHING && given_up)
        bind(g, e, now); /* the server may be back next time */
    else if ((e->phase == QUEUED || e->phase == ASKING) &&
             (given_up || now >= e->end_at))
        fail(e, 0);
}

void rtc_ice_gather_tick(struct rtc_ice_gather *g, rtc_usec now)
{
    if (now < g->due_at)
        return;
    for (unsigned i = 0; i < g->count; i++)
        expire(g, &g->entries[i], now);
    settle(g);
}

/* ---- what the owner does ------------------------------------------------- */

int rtc_ice_gather_start(struct rtc_ice_gather *g, const struct rtc_addr *base,
                         const struct rtc_addr *server, uint8_t preference,
                         rtc_usec now)
{
    if (!rtc_addr_is_set(base) || !rtc_addr_is_set(server) || !base->port ||
        !server->port)
        return RTC_ERR_ARG;
    if (base->family != server->family)
        return RTC_ERR_UNSUPPORTED;
    for (unsigned i = 0; i < g->count; i++)
        if (rtc_addr_equal(&g->entries[i].base, base) &&
            rtc_addr_equal(&g->entries[i].server, server))
            return 0;
    if (g->count == RTC_ICE_GATHER_MOST)
        return RTC_ERR_NOMEM;
    g->entries[g->count++] = (struct rtc_ice_gather_entry){
        .phase = QUEUED,
        .preference = preference,
        .keep = true,
        .base = *base,
        .server = *server,
        .at = *server,
        .end_at = rtc_after(now, g->timing.limit_us)};
    g->next_start_at = rtc_max_time(g->next_start_at, now);
    settle(g);
    return 0;
}

void rtc_ice_gather_remove_base(struct rtc_ice_gather *g,
                                const struct rtc_addr *base)
{
    unsigned left = 0;

    for (unsigned i = 0; i < g->count; i++)
        if (!rtc_addr_equal(&g->entries[i].base, base))
            g->entries[left++] = g->entries[i];
    g->count = left;
    settle(g);
}

void rtc_ice_gather_stop(struct rtc_ice_gather *g)
{
    for (unsigned i = 0; i < g->count; i++) {
        struct rtc_ice_gather_entry *e = &g->entries[i];

        e->keep = false;
        e->keep_at = RTC_NEVER;
        if (e->phase == REFRESHING)
            e->phase = BOUND;
    }
    settle(g);
}

bool rtc_ice_gather_is_done(const struct rtc_ice_gather *g)
{
    for (unsigned i = 0; i < g->count; i++)
        if (g->entries[i].phase == QUEUED || g->entries[i].phase == ASKING)
            return false;
    return true;
}

/* Whether no socket got, or still waits for, an answer of this server. The
 * first error code there was. */
static bool has_failed(const struct rtc_ice_gather *g,
                       const struct rtc_addr *server, unsigned *ret_code)
{
    *ret_code = 0;
    for (unsigned i = 0; i < g->count; i++) {
        const struct rtc_ice_gather_entry *e = &g->entries[i];

        if (!rtc_addr_equal(&e->server, server))
            continue;
        if (e->phase != FAILED && e->phase != TOLD)
            return false;
        if (!*ret_code && e->phase == FAILED)
            *ret_code = e->code;
    }
    return true;
}

bool rtc_ice_gather_poll_failure(struct rtc_ice_gather *g,
                                 struct rtc_addr *ret_server,
                                 unsigned *ret_code)
{
    for (unsigned i = 0; i < g->count; i++) {
        struct rtc_addr server = g->entries[i].server;
        unsigned code;

        if (g->entries[i].phase != FAILED || !has_failed(g, &server, &code))
            continue;
        for (unsigned k = i; k < g->count; k++)
            if (rtc_addr_equal(&g->entries[k].server, &server))
                g->entries[k].phase = TOLD;
        *ret_server = server;
        *ret_code = code;
        return true;
    }
    return false;
}

/* ---- requests ------------------------------------------------------------ */

/* Whether a request of it leaves now; a new transaction has begun then. */
static bool is_due(struct rtc_ice_gather *g, struct rtc_ice_gather_entry *e,
                   rtc_usec now)
{
    uint8_t id[RTC_STUN_ID_LEN];

    if (now < entry_due(g, e))
        return false;
    if (is_open(e))
        return rtc_stun_transaction_step(&e->transaction, &g->timing.retry,
                                         now) == RTC_STUN_RESEND;
    /* RFC 8445 14.2: Ta between transactions of any kind. */
    e->phase = e->phase == BOUND ? REFRESHING : ASKING;
    g->next_start_at = rtc_after(now, g->timing.pacing_us);
    rtc_random_bytes(&g->random, id, sizeof id);
    rtc_stun_transaction_start(&e->transaction, id, now);
    return true;
}

int rtc_ice_gather_transmit(struct rtc_ice_gather *g, uint8_t *buf, size_t cap,
                            struct rtc_path *ret_path, rtc_usec now)
{
    struct rtc_writer w;

    if (now < g->due_at)
        return 0;
    if (cap < RTC_STUN_HEADER_LEN)
        return RTC_ERR_NOBUF;
    rtc_ice_gather_tick(g, now);
    for (unsigned i = 0; i < g->count; i++) {
        struct rtc_ice_gather_entry *e = &g->entries[i];

        if (!is_due(g, e, now))
            continue;
        rtc_stun_transaction_sent(&e->transaction, &g->timing.retry, now);
        rtc_writer_init(&w, buf, cap);
        rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING,
                             e->transaction.id);
        assert(!w.failed);
        *ret_path = (struct rtc_path){
            .local = e->base, .remote = e->at, .transport = RTC_UDP};
        settle(g);
        return (int)w.len;
    }
    settle(g);
    return 0;
}

/* ---- answers ------------------------------------------------------------- */

/* The request under way that goes this path and has the id, or NULL. */
static const struct rtc_ice_gather_entry *
find(const struct rtc_ice_gather *g, const struct rtc_path *path,
     const uint8_t id[RTC_STUN_ID_LEN])
{
    if (path->transport != RTC_UDP)
        return NULL;
    for (unsigned i = 0; i < g->count; i++) {
        const struct rtc_ice_gather_entry *e = &g->entries[i];

        if (is_open(e) && !memcmp(e->transaction.id, id, RTC_STUN_ID_LEN) &&
            rtc_addr_equal(&e->at, &path->remote) &&
            rtc_addr_equal(&e->base, &path->local))
            return e;
    }
    return NULL;
}

bool rtc_ice_gather_expects(const struct rtc_ice_gather *g,
                            const struct rtc_path *path, const uint8_t *data,
                            size_t len)
{
    /* A Binding success or error response (RFC 8489 5), then length, cookie,
     * id. */
    return g->count && len >= RTC_STUN_HEADER_LEN && data[0] == 0x01 &&
           (data[1] == 0x01 || data[1] == 0x11) &&
           rtc_stun_is_message(data, len) && find(g, path, data + 8);
}

/* Whether another request brought this address for this socket (RFC 8445
 * 5.1.3), or it is the socket's own. */
static bool is_redundant(const struct rtc_ice_gather *g,
                         const struct rtc_ice_gather_entry *e,
                         const struct rtc_addr *mapped)
{
    if (rtc_addr_equal(mapped, &e->base) || rtc_addr_equal(mapped, &e->mapped))
        return true;
    for (unsigned i = 0; i < g->count; i++)
        if (&g->entries[i] != e &&
            rtc_addr_equal(&g->entries[i].base, &e->base) &&
            rtc_addr_equal(&g->entries[i].mapped, mapped))
            return true;
    return false;
}

static enum rtc_ice_gather_result
take_success(struct rtc_ice_gather *g, struct rtc_ice_gather_entry *e,
             const struct rtc_stun *m, struct rtc_candidate *ret_candidate,
             rtc_usec now)
{
    bool redundant;

    /* RFC 8489 6.3.3: what must be understood and is not ends it. */
    if (m->unknown_count || m->mapped.family != e->base.family ||
        !m->mapped.port || rtc_addr_is_any(&m->mapped)) {
        if (e->phase == REFRESHING)
            bind(g, e, now);
        else
            fail(e, 0);
        return RTC_ICE_GATHER_TAKEN;
    }
    redundant = is_redundant(g, e, &m->mapped);
    e->mapped = m->mapped;
    bind(g, e, now);
    if (redundant)
        return RTC_ICE_GATHER_TAKEN;
    rtc_candidate_make_srflx(ret_candidate, &e->mapped, &e->base, &e->at,
                             e->preference);
    return RTC_ICE_GATHER_CANDIDATE;
}

static void take_error(struct rtc_ice_gather *g, struct rtc_ice_gather_entry *e,
                       const struct rtc_stun *m, rtc_usec now)
{
    if (e->phase == REFRESHING) {
        bind(g, e, now);
        return;
    }
    /* RFC 8489 10; followed once, so that two servers cannot play ball. */
    if (m->error_code != 300 || e->redirected || !m->alternate.port ||
        m->alternate.family != e->base.family ||
        rtc_addr_equal(&m->alternate, &e->at)) {
        fail(e, m->error_code);
        return;
    }
    e->redirected = true;
    e->at = m->alternate;
    e->phase = QUEUED;
}

enum rtc_ice_gather_result
rtc_ice_gather_receive(struct rtc_ice_gather *g, const struct rtc_path *path,
                       const uint8_t *data, size_t len,
                       struct rtc_candidate *ret_candidate, rtc_usec now)
{
    enum rtc_ice_gather_result result = RTC_ICE_GATHER_TAKEN;
    struct rtc_ice_gather_entry *e;
    struct rtc_stun m;

    if (!rtc_ice_gather_expects(g, path, data, len))
        return RTC_ICE_GATHER_NOT_OURS;
    if (rtc_stun_parse(&m, data, len) || !rtc_stun_check_fingerprint(&m))
        return RTC_ICE_GATHER_TAKEN;
    e = &g->entries[find(g, path, m.id) - g->entries];
    if (!rtc_stun_transaction_answer(&e->transaction, m.id))
        return RTC_ICE_GATHER_TAKEN;
    if (m.class == RTC_STUN_SUCCESS)
        result = take_success(g, e, &m, ret_candidate, now);
    else
        take_error(g, e, &m, now);
    settle(g);
    return result;
}
