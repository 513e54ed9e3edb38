/* SPDX-License-Identifier: MIT
 *
 * All candidates are in the offer: not every server takes them later, and what
 * a server does with those told later is then none of the connection's matter.
 */
#include "cmd/probe/offerer.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/interface.h"

static void changed(struct offerer *offerer)
{
    if (offerer->setup.changed)
        offerer->setup.changed(offerer->setup.user);
}

static void on_event(void *user, const struct rtc_event *event)
{
    struct offerer *o = user;

    switch (event->type) {
    case RTC_EVENT_PAIR:
        o->paired_at = event->time;
        break;
    case RTC_EVENT_CONNECTED:
        o->connected_at = event->time;
        break;
    case RTC_EVENT_CLOSED:
        o->closed_at = event->time;
        o->reason = event->reason;
        break;
    default:
        return;
    }
    changed(o);
}

/* ---- making -------------------------------------------------------------- */

static int make_peer(struct offerer *o)
{
    struct rtc_config config;
    int error;

    rtc_config_init(&config);
    config.random = driver_random;
    config.log = cli_log;
    config.log_level = cli_log_level();
    config.max_bundle = true;
    config.survives_failure = true;
    error = rtc_peer_new(&o->peer, &config);
    if (!error)
        error = driver_add_peer(o->setup.driver, o->peer, on_event, o);
    for (unsigned i = 0; i < 2 * o->setup.track_count && !error; i++) {
        const struct rtc_track_config track = {
            .kind = i % 2 ? RTC_VIDEO : RTC_AUDIO,
            .direction = o->setup.is_playing ? RTC_RECVONLY : RTC_SENDONLY,
        };

        error = rtc_peer_add_track(o->peer, &track);
        error = error > 0 ? 0 : error;
    }
    return error;
}

static bool open_sockets(struct offerer *o)
{
    const struct interface_filter filter = {o->setup.interface,
                                            o->setup.family};
    struct rtc_addr addrs[INTERFACE_MOST];
    int count = interface_list(&filter, addrs);

    return count > 0 &&
           driver_open_sockets(o->setup.driver, o->peer, RTC_UDP, addrs,
                               (unsigned)count, (struct port_range){0}) > 0;
}

struct offerer *offerer_new(const struct offerer_setup *setup,
                            const char **ret_why)
{
    struct offerer *o = calloc(1, sizeof *o);
    int len = RTC_ERR_NOMEM;

    *ret_why = "out of memory";
    if (!o)
        return NULL;
    o->setup = *setup;
    o->connected_at = o->paired_at = o->closed_at = RTC_NEVER;
    if (make_peer(o) == 0) {
        *ret_why = "no local address can be used";
        if (setup->is_unconnected || open_sockets(o))
            len = rtc_peer_offer(o->peer, o->text, sizeof o->text,
                                 driver_now(setup->driver));
    }
    if (len < 0) {
        offerer_free(o);
        return NULL;
    }
    o->len = (size_t)len;
    driver_changed(setup->driver, o->peer);
    return o;
}

void offerer_free(struct offerer *offerer)
{
    struct offerer *o = offerer;

    if (!o)
        return;
    if (o->peer) {
        rtc_peer_close(o->peer, driver_now(o->setup.driver));
        driver_flush(o->setup.driver, o->peer);
        driver_remove_peer(o->setup.driver, o->peer);
    }
    rtc_peer_free(o->peer);
    free(o);
}

/* ---- descriptions and fragments ------------------------------------------ */

static int tell(struct offerer *o, int result)
{
    driver_changed(o->setup.driver, o->peer);
    return result;
}

int offerer_answer(struct offerer *offerer, const char *offer, size_t len)
{
    struct offerer *o = offerer;
    rtc_usec now = driver_now(o->setup.driver);
    int error;

    rtc_peer_rollback(o->peer);
    error = rtc_peer_remote_offer(o->peer, offer, len, now);
    if (!error)
        error = rtc_peer_answer(o->peer, o->text, sizeof o->text, now);
    o->len = error > 0 ? (size_t)error : 0;
    return tell(o, error);
}

int offerer_take(struct offerer *offerer, const char *answer, size_t len)
{
    return tell(offerer,
                rtc_peer_remote_answer(offerer->peer, answer, len,
                                       driver_now(offerer->setup.driver)));
}

int offerer_restart(struct offerer *offerer, char *buf, size_t cap)
{
    rtc_usec now = driver_now(offerer->setup.driver);
    int len = rtc_peer_restart_ice(offerer->peer, now);

    if (len == 0)
        len = rtc_peer_fragment(offerer->peer, buf, cap, now);
    return tell(offerer, len);
}

int offerer_restarted(struct offerer *offerer, const char *fragment, size_t len)
{
    rtc_usec now = driver_now(offerer->setup.driver);
    int error;

    if (fragment)
        error = rtc_peer_remote_fragment(offerer->peer, fragment, len, now);
    else
        error = rtc_peer_cancel_restart(offerer->peer, now);
    return tell(offerer, error);
}

uint64_t offerer_received(const struct offerer *offerer)
{
    struct rtc_stats stats;

    rtc_peer_stats(offerer->peer, &stats);
    return stats.datagrams_received;
}
