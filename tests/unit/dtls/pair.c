/* SPDX-License-Identifier: MIT
 * Two DTLS sessions on a link with delay and loss, in virtual time: the
 * driver's law for both, and a list of datagrams under way. */
#include "pair.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/sim/clock.h"

static unsigned link_percent(struct pair *p)
{
    p->random = p->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(p->random >> 33) % 100;
}

void pair_init(struct pair *p, const struct rtc_dtls_config *config)
{
    struct rtc_dtls_config c = {.mtu = 1200};
    struct rtc_dtls_fingerprint f;

    if (config)
        c = *config;
    for (int i = 0; i < 2; i++) {
        if (!p->identity[i] && rtc_identity_new(&p->identity[i]))
            abort();
        c.identity = p->identity[i];
        if (rtc_dtls_new(&p->side[i], &c))
            abort();
    }
    for (int i = 0; i < 2; i++)
        if (rtc_identity_fingerprint(p->identity[!i], RTC_DTLS_SHA256, &f) ||
            rtc_dtls_expect(p->side[i], &f, 1))
            abort();
    p->digest = UINT64_C(0xcbf29ce484222325);
    p->flight_count = p->sent[0] = p->sent[1] = 0;
    p->longest = 0;
    p->past_deadline = false;
}

void pair_done(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        rtc_dtls_free(p->side[i]);
        rtc_identity_free(p->identity[i]);
    }
    memset(p, 0, sizeof *p);
}

void pair_start(struct pair *p)
{
    if (rtc_dtls_start(p->side[1], RTC_DTLS_SERVER, sim_clock_now()) ||
        rtc_dtls_start(p->side[0], RTC_DTLS_CLIENT, sim_clock_now()))
        abort();
}

static void digest(struct pair *p, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) /* FNV-1a */
        p->digest = (p->digest ^ data[i]) * UINT64_C(0x100000001b3);
}

static void send_one(struct pair *p, int from, const uint8_t *data, size_t len)
{
    p->sent[from]++;
    p->longest = len > p->longest ? len : p->longest;
    digest(p, data, len);
    for (unsigned i = 0; i < (p->copies ? p->copies : 1); i++) {
        struct pair_datagram *f = &p->flight[p->flight_count];

        if (link_percent(p) < p->loss_percent)
            continue;
        assert(p->flight_count < PAIR_FLIGHT_MOST);
        p->flight_count++;
        f->to = !from;
        f->at = sim_clock_now() + PAIR_DELAY;
        f->len = len;
        memcpy(f->data, data, len);
    }
}

void pair_drain(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        uint8_t buf[1500];
        int n;

        while ((n = rtc_dtls_transmit(p->side[i], buf, sizeof buf)) > 0)
            send_one(p, i, buf, (size_t)n);
        assert(n == 0);
        if (rtc_dtls_deadline(p->side[i]) <= sim_clock_now())
            p->past_deadline = true;
    }
}

bool pair_step(struct pair *p, rtc_usec until)
{
    rtc_usec next = rtc_min_time(rtc_dtls_deadline(p->side[0]),
                                 rtc_dtls_deadline(p->side[1]));

    if (p->flight_count)
        next = rtc_min_time(next, p->flight[0].at);
    if (next > until) {
        sim_clock_set(until);
        return false;
    }
    sim_clock_set(next);
    while (p->flight_count && p->flight[0].at <= next) {
        struct pair_datagram first = p->flight[0];

        p->flight_count--;
        memmove(&p->flight[0], &p->flight[1],
                p->flight_count * sizeof p->flight[0]);
        rtc_dtls_receive(p->side[first.to], first.data, first.len, next);
    }
    for (int i = 0; i < 2; i++)
        rtc_dtls_tick(p->side[i], next);
    pair_drain(p);
    return true;
}

bool pair_run(struct pair *p, enum rtc_dtls_state state, rtc_usec span)
{
    rtc_usec until = sim_clock_now() + span;

    pair_drain(p);
    while (rtc_dtls_state(p->side[0]) != state ||
           rtc_dtls_state(p->side[1]) != state)
        if (!pair_step(p, until))
            return false;
    return true;
}
