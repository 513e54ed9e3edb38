/* SPDX-License-Identifier: MIT
 *
 * The peer of an endpoint: configured, given sockets and servers, made anew or
 * taken over from a session file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/endpoint.h"
#include "cmd/interface.h"
#include "cmd/restart.h"

#define PREPARE_US 2000

static void set_config(const struct endpoint *end, struct rtc_config *config)
{
    rtc_config_init(config);
    config->random = driver_random;
    config->log = cli_log;
    config->log_level = cli_log_level();
    config->mtu = (size_t)end->options.mtu;
    config->any_frame = end->options.any_frame;
    config->trickle = end->options.trickle;
    config->max_bundle = end->options.whip || end->options.whep;
    config->ice.patience_us = end->options.connect_timeout;
    config->survives_failure = end->restart;
    config->data = end->data || end->options.data;
    ice_options_config(&end->options.ice, config);
    capture_config(end->capture, config);
}

static void make_gather(struct endpoint *end, bool servers)
{
    const struct gather_setup setup = {
        .driver = end->driver,
        .report = end->report,
        .options = &end->options.ice,
        .family = end->options.family,
        .bind = end->options.interface != NULL,
    };

    end->gather = gather_new(&setup, servers);
}

static void on_network(void *user, const struct rtc_addr *addr, bool is_new)
{
    struct endpoint *end = user;

    restart_network(end->restart, addr, is_new);
}

/* Sockets follow the machine's addresses from now on. */
static void watch_network(struct endpoint *end)
{
    const struct network_setup setup = {
        .driver = end->driver,
        .peer = end->peer,
        .report = end->report,
        .filter = {end->options.interface, end->options.family},
        .ports = end->options.ports,
        .tcp = end->options.ice.tcp,
        .changed = on_network,
        .user = end,
    };

    end->network = network_new(&setup);
}

static void serve(struct endpoint *end)
{
    if (driver_add_peer(end->driver, end->peer, endpoint_event, end))
        die(RTC_EXIT_INTERNAL, "out of memory");
}

/* Why there are none, or NULL. Lends. */
static const char *why_no_sockets(struct endpoint *end)
{
    static char why[160];
    const struct interface_filter filter = {end->options.interface,
                                            end->options.family};
    struct rtc_addr addrs[INTERFACE_MOST];
    int count = interface_list(&filter, addrs);

    if (count < 0)
        snprintf(why, sizeof why, "no list of local addresses: %s",
                 strerror(errno));
    else if (count == 0)
        snprintf(why, sizeof why, "no local address fits%s%s",
                 filter.only ? " --interface " : "",
                 filter.only ? filter.only : "");
    else if (driver_open_sockets(end->driver, end->peer, RTC_UDP, addrs,
                                 (unsigned)count, end->options.ports) == 0)
        snprintf(why, sizeof why, "no socket: %s", strerror(errno));
    else
        return NULL;
    return why;
}

/* False: the session has ended. */
static bool open_sockets(struct endpoint *end)
{
    const struct interface_filter filter = {end->options.interface,
                                            end->options.family};
    const char *why = why_no_sockets(end);
    struct rtc_addr addrs[INTERFACE_MOST];
    int count;

    if (why && !end->calls.over)
        die(RTC_EXIT_GATHER, "%s", why);
    if (why) {
        endpoint_fail(end, RTC_EXIT_GATHER, "%s", why);
        return false;
    }
    count = end->options.ice.tcp ? interface_list(&filter, addrs) : 0;
    if (count > 0)
        driver_open_sockets(end->driver, end->peer, RTC_TCP, addrs,
                            (unsigned)count, end->options.ports);
    return true;
}

/* Once the first words are on their way, and the answer is not yet there. */
static void prepare(struct endpoint *end)
{
    driver_timer_set(end->prepare, driver_now(end->driver) + PREPARE_US);
}

/* The peer can be described, once. */
static void made(struct endpoint *end)
{
    void (*fn)(struct endpoint *) = end->made;

    end->made = NULL;
    if (!fn)
        return;
    if (!end->calls.over)
        watch_network(end);
    prepare(end);
    fn(end);
}

static void on_gathered(void *user, enum rtc_exit status, const char *why)
{
    struct endpoint *end = user;

    if (end->is_ending)
        return;
    report_candidates(end->report, end->peer, driver_now(end->driver));
    report_phase(end->report, REPORT_GATHER, driver_now(end->driver));
    if (status) {
        endpoint_fail(end, status, "%s", why);
        return;
    }
    made(end);
}

void endpoint_make(struct endpoint *end, void (*fn)(struct endpoint *end))
{
    struct rtc_config config;
    int error;

    end->made = fn;
    if (!end->restart && !end->calls.over &&
        (end->options.trickle || end->options.whip || end->options.whep))
        end->restart = restart_new(end);
    set_config(end, &config);
    make_gather(end, true);
    error = rtc_peer_new(&end->peer, &config);
    if (error)
        die(RTC_EXIT_INTERNAL, "cannot make a peer: %s", rtc_error_text(error));
    serve(end);
    if (!open_sockets(end))
        return;
    gather_start(end->gather, end->peer, on_gathered, end);
    if (config.trickle && !end->is_ending)
        made(end); /* what is found later is told later */
}

/* What the options were when the session was negotiated. */
static void take_options(struct endpoint *end, const struct session *session)
{
    end->session_interface =
        session->interface ? strdup(session->interface) : NULL;
    end->options.interface = end->session_interface;
    end->options.family = session->family;
    end->options.ports = session->ports;
    end->options.ice.tcp = session->tcp;
}

void endpoint_load(struct endpoint *end, const struct session *session,
                   rtc_usec age_us)
{
    struct rtc_config config;
    struct rtc_addr failed;
    char text[RTC_ADDR_TEXT];
    const char *why = "";

    set_config(end, &config);
    take_options(end, session);
    make_gather(end, false);
    if (rtc_peer_load(&end->peer, &config, session->state, session->state_len,
                      age_us, &why, driver_now(end->driver)))
        die(RTC_EXIT_DESCRIPTION, "session %s: %s", end->options.session, why);
    if (end->data)
        data_pipe_attach(end->data, end->peer);
    serve(end);
    if (driver_reopen_sockets(end->driver, end->peer, &failed) < 0)
        die(RTC_EXIT_GATHER,
            "session %s: %s cannot be bound again: %s; negotiate anew",
            end->options.session, rtc_addr_write(&failed, text),
            strerror(errno));
    gather_reconnect(end->gather, end->peer, session->hosts);
    watch_network(end);
    prepare(end);
    report_candidates(end->report, end->peer, driver_now(end->driver));
    report_phase(end->report, REPORT_GATHER, driver_now(end->driver));
}

bool endpoint_renew(struct endpoint *end, void (*fn)(struct endpoint *end))
{
    const struct interface_filter filter = {end->options.interface,
                                            end->options.family};
    struct rtc_addr addrs[INTERFACE_MOST];

    if (interface_list(&filter, addrs) <= 0)
        return false;
    network_free(end->network);
    end->network = NULL;
    driver_remove_peer(end->driver, end->peer);
    gather_free(end->gather);
    rtc_peer_free(end->peer);
    end->peer = NULL;
    report_renew(end->report);
    endpoint_make(end, fn);
    return true;
}

void endpoint_run(struct endpoint *end)
{
    if (!end->is_ending || end->is_draining || end->is_leaving)
        driver_run(end->driver);
}
