/* SPDX-License-Identifier: MIT
 *
 * A TURN client (turn/client.h) over a line (line.h), step by step.
 */
#include "cmd/probe/relay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/probe/relay_machine.h"

/* Sends of a request over UDP; the waits double. */
#define SENDS 4
#define SENDS_PARTS 15
#define RELEASE_US 500000

const char *probe_phase_name(enum probe_phase phase)
{
    static const char *const names[] = {"resolve",  "connect",    "tls",
                                        "allocate", "permission", "data",
                                        "channel",  "release"};

    return names[phase];
}

rtc_usec probe_relay_now(const struct probe_relay *relay)
{
    return driver_now(relay->setup.driver);
}

bool probe_relay_is_stream(const struct probe_relay *relay)
{
    return relay->setup.server->transport != RTC_UDP;
}

/* ---- steps --------------------------------------------------------------- */

void probe_relay_end_step(struct probe_relay *relay)
{
    relay->is_waiting = false;
    driver_timer_set(relay->limit, RTC_NEVER);
    driver_stop(relay->setup.driver);
}

void probe_relay_fail(struct probe_relay *relay, enum rtc_exit status,
                      unsigned code, const char *format, ...)
{
    struct probe_failure *failure = &relay->failure;
    va_list args;

    if (!failure->status) {
        failure->status = status;
        failure->phase = relay->is_waiting ? relay->phase : PROBE_DATA;
        failure->code = code;
        va_start(args, format);
        vsnprintf(failure->why, sizeof failure->why, format, args);
        va_end(args);
    }
    probe_relay_end_step(relay);
}

void probe_relay_begin_step(struct probe_relay *relay, enum probe_phase phase)
{
    relay->phase = phase;
    relay->is_waiting = true;
    relay->answer_code = 0;
}

bool probe_relay_run_step(struct probe_relay *relay, rtc_usec begun)
{
    if (relay->is_waiting)
        driver_run(relay->setup.driver);
    if (relay->is_waiting || relay->failure.status) {
        relay->is_waiting = false;
        return false;
    }
    relay->facts.times[relay->phase] = probe_relay_now(relay) - begun;
    return true;
}

static void on_limit(void *user, int what)
{
    (void)what;
    probe_relay_fail(user, RTC_EXIT_GATHER, 0, "no answer in time");
}

/* ---- the allocation ------------------------------------------------------ */

static void close_all(struct probe_relay *relay)
{
    probe_line_free(relay->line);
    relay->line = NULL;
    rtc_turn_free(relay->client);
    relay->client = NULL;
}

static void make_client(struct probe_relay *relay)
{
    rtc_usec first = relay->setup.timeout / SENDS_PARTS;
    const struct rtc_turn_config config = {
        .path = *probe_line_path(relay->line),
        .username = relay->setup.server->username,
        .password = relay->setup.server->password,
        .retry = {first, 8 * first, SENDS},
        .random = {driver_random, NULL},
        .log = &relay->log,
    };

    /* The names were checked when they were read. */
    if (rtc_turn_new(&relay->client, &config, probe_relay_now(relay)))
        die(RTC_EXIT_INTERNAL, "out of memory");
    relay->due = RTC_NEVER;
}

static void take_facts(struct probe_relay *relay)
{
    relay->facts.mapped = *rtc_turn_mapped(relay->client);
    for (unsigned i = 0; i < 2; i++)
        if (!rtc_turn_relayed(relay->client, i, &relay->facts.relayed[i]))
            relay->facts.relayed[i] = (struct rtc_addr){0};
}

/* At one address. */
static bool allocate_at(struct probe_relay *relay, const struct rtc_addr *addr)
{
    rtc_usec begun;

    relay->facts.server = *addr;
    if (!probe_relay_open_line(relay))
        return false;
    relay->facts.local = probe_line_path(relay->line)->local;
    make_client(relay);
    begun = probe_relay_now(relay);
    probe_relay_begin_step(relay, PROBE_ALLOCATE);
    probe_relay_pump(relay);
    return probe_relay_run_step(relay, begun);
}

bool probe_relay_allocate(struct probe_relay *relay)
{
    struct rtc_addr addr = relay->setup.addr;

    while (allocate_at(relay, &addr)) {
        if (rtc_turn_state(relay->client) == RTC_TURN_ALLOCATED) {
            take_facts(relay);
            return true;
        }
        addr = *rtc_turn_alternate(relay->client);
        relay->facts.redirects++;
        close_all(relay);
    }
    return false;
}

/* Waits for the answer to what the client was asked for. */
static int ask(struct probe_relay *relay, enum probe_phase phase)
{
    rtc_usec begun = probe_relay_now(relay);

    probe_relay_begin_step(relay, phase);
    driver_timer_set(relay->limit, begun + relay->setup.timeout);
    probe_relay_pump(relay);
    return probe_relay_run_step(relay, begun) ? (int)relay->answer_code : -1;
}

int probe_relay_permit(struct probe_relay *relay, const struct rtc_addr *peer)
{
    rtc_turn_permit(relay->client, peer, probe_relay_now(relay));
    return ask(relay, PROBE_PERMISSION);
}

int probe_relay_bind(struct probe_relay *relay, const struct rtc_addr *peer)
{
    rtc_turn_bind(relay->client, peer, probe_relay_now(relay));
    return ask(relay, PROBE_CHANNEL);
}

bool probe_relay_send(struct probe_relay *relay, const struct rtc_addr *peer,
                      const uint8_t *data, size_t len)
{
    uint8_t buf[2048];
    size_t head = rtc_turn_head(relay->client, peer);
    int total;

    if (head + len > sizeof buf)
        return false;
    memcpy(buf + head, data, len);
    total = rtc_turn_wrap(relay->client, peer, buf, head, len, sizeof buf,
                          probe_relay_now(relay));
    probe_relay_set_timer(relay);
    return total > 0 && probe_line_send(relay->line, buf, (size_t)total);
}

void probe_relay_release(struct probe_relay *relay, bool wait)
{
    if (!relay->client)
        return;
    rtc_turn_release(relay->client, probe_relay_now(relay));
    probe_relay_begin_step(relay, PROBE_RELEASE);
    driver_timer_set(relay->limit, probe_relay_now(relay) + RELEASE_US);
    probe_relay_pump(relay);
    if (wait && relay->is_waiting)
        driver_run(relay->setup.driver);
    relay->is_waiting = false;
}

/* ---- the whole ----------------------------------------------------------- */

static void on_due(void *user, int what)
{
    struct probe_relay *relay = user;

    (void)what;
    relay->due = RTC_NEVER;
    probe_relay_pump(relay);
}

struct probe_relay *probe_relay_new(const struct probe_relay_setup *setup)
{
    struct probe_relay *relay = calloc(1, sizeof *relay);

    if (!relay)
        die(RTC_EXIT_INTERNAL, "out of memory");
    relay->setup = *setup;
    relay->log = (struct rtc_log){.fn = cli_log, .level = cli_log_level()};
    relay->facts.lifetime = -1;
    for (int i = 0; i < PROBE_PHASE_COUNT; i++)
        relay->facts.times[i] = -1;
    relay->timer = driver_timer_new(setup->driver, on_due, relay);
    relay->limit = driver_timer_new(setup->driver, on_limit, relay);
    if (!relay->timer || !relay->limit)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return relay;
}

void probe_relay_free(struct probe_relay *relay)
{
    if (!relay)
        return;
    close_all(relay);
    driver_watch_free(relay->timer);
    driver_watch_free(relay->limit);
    free(relay);
}

const struct probe_failure *probe_relay_failure(const struct probe_relay *relay)
{
    return &relay->failure;
}

char *probe_relay_refusal(const struct probe_relay *relay, unsigned code,
                          char buf[PROBE_REFUSAL_LEN])
{
    enum probe_login login = relay->client && rtc_turn_generation(relay->client)
                                 ? PROBE_LOGIN_DONE
                             : relay->is_challenged ? PROBE_LOGIN_TRIED
                                                    : PROBE_LOGIN_UNTOLD;

    return probe_refusal(code, relay->reason, login, buf);
}

const struct probe_relay_facts *
probe_relay_facts(const struct probe_relay *relay)
{
    return &relay->facts;
}
